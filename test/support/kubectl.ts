import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The kubectl to use: `KUBECTL`, or the one on the PATH. */
const kubectl = process.env['KUBECTL'] ?? 'kubectl';

/** Why there is no kubectl here, in a sentence; `undefined` where there is one. */
export async function missingKubectl(): Promise<string | undefined> {
  try {
    await run(kubectl, ['version', '--client', '--output=json']);
    return undefined;
  } catch {
    return 'the second opinion on strategic merges needs kubectl: put one on the PATH, or say where one is with KUBECTL';
  }
}

/** What kubectl, without a cluster, makes of the object in this file by a strategic merge patch; JSON text both ways. */
export async function strategicMerge(file: string, patch: string): Promise<string> {
  const { stdout } = await run(kubectl, [
    'patch',
    '--local',
    '--type=strategic',
    `--filename=${file}`,
    `--patch=${patch}`,
    '--output=json',
  ]);
  return stdout;
}
