import { openClientCaFile } from '../certs/client-ca-file.ts';
import type { SettingValues } from '../config/settings-table.ts';
import type { ClientAuth } from '../server/client-auth.ts';

export type OpenedClientAuth =
  /** Without `clientAuth`, whoever reaches the port may call. */
  | { readonly kind: 'open'; readonly clientAuth?: ClientAuth; readonly close: () => void }
  /** One line: what is wrong with the file. */
  | { readonly kind: 'failed'; readonly message: string };

/** Which clients may call the webhooks (contract S18), as the settings say. */
export async function openClientAuth(
  { clientCaFile, clientSubjects }: SettingValues,
  onProblem: (message: string) => void,
): Promise<OpenedClientAuth> {
  if (clientCaFile === undefined) return { kind: 'open', close: () => undefined };
  const opened = await openClientCaFile({ file: clientCaFile, onProblem });
  if (opened.kind === 'failed') return opened;
  const { current, onChange, close } = opened.source;
  return { kind: 'open', clientAuth: { current, onChange, subjects: clientSubjects }, close };
}
