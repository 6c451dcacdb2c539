import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, setPriority } from 'node:os';
import path from 'node:path';
import { runToEnd } from '../cluster/child.ts';

/** The versions of Helm that the chart is for: the oldest one, and the newest. */
export const helmVersions = ['v3.18.6', 'v4.3.1'] as const;
export type HelmVersion = (typeof helmVersions)[number];

/** Where {@link buildHelm} puts a Helm: outside the checkout, by version, so that a second run starts at once. */
export function helmPath(version: HelmVersion): string {
  const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  return path.join(cache, 'podgraft', 'helm', version, 'helm');
}

/** Whether a Helm has been built. */
export function hasHelm(version: HelmVersion): boolean {
  try {
    accessSync(helmPath(version), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Builds a Helm from its Go module, which takes some minutes; one that is there is kept.
 * @returns what went wrong, as one line
 */
export async function buildHelm(version: HelmVersion, tell: (line: string) => void): Promise<string | undefined> {
  if (hasHelm(version)) return undefined;
  const folder = path.dirname(helmPath(version));
  tell(`Building Helm ${version} once, which takes some minutes: ${folder}`);
  await mkdir(path.dirname(folder), { recursive: true });
  // Built aside and moved when complete: two runs that start at once don't meet.
  const aside = await mkdtemp(path.join(path.dirname(folder), 'building-'));
  const [major] = version.split('.');
  const ending = await runToEnd(
    'go',
    ['install', '-trimpath', '-ldflags', '-s -w', `helm.sh/helm/${major}/cmd/helm@${version}`],
    { env: { ...process.env, CGO_ENABLED: '0', GOBIN: aside }, onStart: (pid) => setPriority(pid, 10) },
  );
  if (ending.exit === 0) await rename(aside, folder).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
  if (hasHelm(version)) return undefined;
  const reason = ending.exit === 'absent' ? 'there is no Go' : ending.output.trimEnd().split('\n').at(-1);
  return `Helm ${version} can't be built here (${reason}); install Go 1.26 (any from 1.21 on fetches it)`;
}
