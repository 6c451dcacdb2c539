import { parseCertificate } from './certificate-pair.ts';
import { readText } from './read-text.ts';
import { watchFiles } from './watch-files.ts';

/** The CAs whose clients may call (contract S18), as they are in a file. */
export interface ClientCaSource {
  /** Each as PEM; the same array until the file has others. */
  readonly current: () => readonly string[];
  /** Calls back when there are others; the function that comes back ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Stops looking. */
  readonly close: () => void;
}

export type OpenedClientCa =
  | { readonly kind: 'open'; readonly source: ClientCaSource }
  /** One line: what is wrong with the file. */
  | { readonly kind: 'failed'; readonly message: string };

export interface ClientCaFile {
  readonly file: string;
  /** Told once about each state of the file that can't be used, while what it said before stays in use. */
  readonly onProblem: (message: string) => void;
  readonly pollMs?: number;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;

/** Opens a file of CAs, and follows it: to take a CA away, or to add the next one, needs no restart. */
export async function openClientCaFile({ file, onProblem, pollMs = 10_000 }: ClientCaFile): Promise<OpenedClientCa> {
  const first = await readCas(file);
  if (typeof first === 'string') return { kind: 'failed', message: first };
  let cas = first;
  let lastProblem: string | undefined;
  let isClosed = false;
  const listeners = new Set<() => void>();
  const endWatch = watchFiles(
    [file],
    async () => {
      const read = await readCas(file);
      if (isClosed) return;
      if (typeof read === 'string') {
        if (read !== lastProblem) onProblem(`${read}; the CAs from before stay in use`);
        lastProblem = read;
        return;
      }
      lastProblem = undefined;
      if (read.join('') === cas.join('')) return;
      cas = read;
      for (const listener of listeners) listener();
    },
    pollMs,
  );
  return {
    kind: 'open',
    source: {
      current: () => cas,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => {
        isClosed = true;
        endWatch();
      },
    },
  };
}

/** The CAs of the file, or one line that says why there are none. A file that is half written is none at all. */
async function readCas(file: string): Promise<readonly string[] | string> {
  const read = await readText(file, '--client-ca-file');
  if (read.kind === 'unreadable') return read.message;
  const cas = read.text.match(pemBlock) ?? [];
  if (cas.length === 0 || read.text.replaceAll(pemBlock, '').includes('-----BEGIN')) {
    return `${file} is not PEM of certificates`;
  }
  const wrong = cas.findIndex((pem) => parseCertificate(pem)?.ca !== true);
  return wrong === -1 ? cas : `${file}: certificate ${wrong + 1} is not that of a CA`;
}
