import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeHelm, idOf, releases, render, template } from './support/helm.ts';

// golden/RELEASE.yaml is what `helm template` must print, read and approved by a person. After a change that is meant:
// `UPDATE_GOLDEN=1 npx vitest run test/chart`, then read the difference.

/** Without the CRD, which is files/injectiontemplate.yaml and has a test of its own. */
function withoutCrd(text: string): string {
  return text
    .split('\n---\n')
    .map((document) =>
      document.includes('\nkind: CustomResourceDefinition\n')
        ? document.replace(/\nspec:\n[\s\S]*/, '\nspec: …\n')
        : document,
    )
    .join('\n---\n');
}

describeHelm('the rendered chart', (version) => {
  test.each(releases.map((release) => [release.name, release] as const))(
    'is what was approved: release %s',
    async (name, release) => {
      const { exit, stdout, stderr } = await template(version, release);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      const file = new URL(`golden/${name}.yaml`, import.meta.url);
      const documents = (text: string): readonly string[] =>
        text
          .split(/^---$/m)
          .map((document) => document.trim())
          .toSorted();
      if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, withoutCrd(stdout));
      // Helm 3 and 4 print the objects in another order.
      expect(documents(withoutCrd(stdout))).toEqual(documents(await readFile(file, 'utf8')));
    },
  );

  test.each(releases)('no two objects of release $name are the same one', async (release) => {
    const ids = (await render(version, release)).map(idOf);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids.length).toBeGreaterThan(5);
  });
});
