import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runToEnd } from '../../tools/cluster/child.ts';
import { buildTestImage } from '../../tools/image/test-image.ts';
import type { TestImage } from '../../tools/image/test-image.ts';

// The Dockerfile as it is, built with nothing to fetch. Where there is no buildah this is skipped; with CI=true it fails.

const hasBuildah = (await runToEnd('buildah', ['--version'])).exit === 0;
if (!hasBuildah) process.stderr.write('The tests of the image are skipped: there is no buildah\n');

describe.runIf(hasBuildah || process.env['CI'] === 'true')('the image', () => {
  let image: TestImage | undefined;

  beforeAll(async () => {
    const result = await buildTestImage();
    if (result.kind === 'missing') throw new Error(result.sentence);
    image = result.image;
  }, 300_000);
  afterAll(async () => image?.remove());
  const built = (): TestImage => {
    if (image === undefined) throw new Error('the image was not built');
    return image;
  };

  test('runs podgraft, as the user that the chart says', async () => {
    expect(await built().run(['/nodejs/bin/node', '/podgraft.mjs', '--version'])).toEqual({
      exit: 0,
      output: `${manifest.version}\n`,
    });
    const { output } = await built().run([
      '/nodejs/bin/node',
      '--print',
      '[process.getuid(), process.getgid()].join(":")',
    ]);
    expect(output).toBe('65532:65532\n');
  });

  test('says what it runs, and where it listens', async () => {
    expect(JSON.parse(await built().inspect())).toMatchObject({
      OCIv1: {
        config: {
          User: '65532:65532',
          Entrypoint: ['/nodejs/bin/node', '--max-semi-space-size=32', '/podgraft.mjs'],
          Cmd: ['serve'],
          ExposedPorts: { '8080/tcp': {}, '8443/tcp': {} },
        },
      },
    });
  });

  test('holds one file and its licenses beside the base image, and nothing of the checkout', async () => {
    const { output } = await built().run(['/nodejs/bin/node', '--print', 'fs.readdirSync("/").join(" ")']);
    const files = output
      .trim()
      .split(' ')
      .filter((name) => name.includes('.'));
    expect(files).toEqual(['LICENSES.txt', 'podgraft.mjs']);
    const { exit } = await built().run(['/bin/sh', '-c', 'true']);
    expect(exit).not.toBe(0);
  });
});
