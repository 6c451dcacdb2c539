/** `npm run helm`: builds the Helms that the tests of the chart use. */
import { buildHelm, helmVersions } from './helm/binaries.ts';

for (const version of helmVersions) {
  const problem = await buildHelm(version, (line) => process.stderr.write(`${line}\n`));
  if (problem === undefined) continue;
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
