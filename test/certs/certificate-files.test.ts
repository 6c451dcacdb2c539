import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openCertificateFiles } from '../../src/certs/certificate-files.ts';
import type { CertificateFiles } from '../../src/certs/certificate-files.ts';
import { issueCa, issueLeaf } from '../../src/certs/issue.ts';
import type { Issued } from '../../src/certs/issue.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let one: Issued;
let two: Issued;

beforeAll(async () => {
  const ca = { ...(await issueCa(Date.now())), notAfterMs: Date.now() + 86_400_000 };
  [one, two] = [await issueLeaf(ca, ['localhost'], Date.now()), await issueLeaf(ca, ['localhost'], Date.now())];
});

/** Both files in a folder, and an open source; `problems` is what was complained about since. */
async function openWith(options: Partial<CertificateFiles> = {}) {
  const folder = await temporaryFolder();
  const [certPath, keyPath] = [path.join(folder, 'tls.crt'), path.join(folder, 'tls.key')];
  await Promise.all([writeFile(certPath, one.cert), writeFile(keyPath, one.key)]);
  const problems: string[] = [];
  const opened = await openCertificateFiles({
    certPath,
    keyPath,
    pollMs: 20,
    onProblem: (message) => problems.push(message),
    ...options,
  });
  if (opened.kind === 'failed') throw new Error(opened.message);
  onTestFinished(() => opened.source.close());
  return { certPath, keyPath, problems, source: opened.source };
}

/** Waits until the condition holds; the test's own time limit ends a wait for ever. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

describe('a certificate in files (contract P9, T41)', () => {
  test.each([
    ['by the poll', { pollMs: 20 }],
    ['by the watch', { pollMs: 1_000_000 }],
  ])('is replaced when both files have changed, seen %s', async (_, options) => {
    const { certPath, keyPath, source } = await openWith(options);
    const told: string[] = [];
    source.onChange(({ cert }) => told.push(cert));
    await writeFile(certPath, two.cert);
    await writeFile(keyPath, two.key);
    await until(() => source.current().cert === two.cert);
    expect(source.current().key).toBe(two.key);
    expect(told).toEqual([two.cert]);
  });

  test.each<readonly [string, 'certPath' | 'keyPath', () => string, string]>([
    [
      'a certificate whose key has not come yet',
      'certPath',
      () => two.cert,
      'the key does not belong to the certificate',
    ],
    ['half a certificate', 'certPath', () => two.cert.slice(0, 200), 'the certificate is not PEM'],
    ['an empty key', 'keyPath', () => '', 'the key is not PEM of a private key'],
  ])('%s leaves the old pair in use, is said once, and the right pair ends it', async (_, file, text, complaint) => {
    const { source, problems, ...paths } = await openWith();
    const { certPath, keyPath } = paths;
    // The other file is not touched: it would be seen empty for a moment, which is one more state to be told of.
    await writeFile(paths[file], text());
    await until(() => problems.some((problem) => problem.includes(complaint)));
    const count = problems.length;
    await wait(100);
    expect(problems).toHaveLength(count);
    expect(problems.at(-1)).toMatch(/; the certificate from before stays in use$/u);
    expect(source.current()).toMatchObject(one);
    await Promise.all([writeFile(certPath, two.cert), writeFile(keyPath, two.key)]);
    await until(() => source.current().cert === two.cert);
  });

  test('a file that is gone leaves the old pair in use', async () => {
    const { keyPath, source, problems } = await openWith();
    await rename(keyPath, `${keyPath}.away`);
    await until(() => problems.length > 0);
    expect(problems[0]).toMatch(/tls\.key cannot be read \(ENOENT\)/u);
    expect(source.current()).toMatchObject(one);
  });

  test('a mounted Secret, whose folder is swapped by a link, is followed', async () => {
    const folder = await temporaryFolder();
    for (const [name, { cert, key }] of [
      ['a', one],
      ['b', two],
    ] as const) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, 'tls.crt'), cert);
      await writeFile(path.join(folder, name, 'tls.key'), key);
    }
    await symlink('a', path.join(folder, '..data'));
    await symlink('b', path.join(folder, '..data_tmp'));
    for (const file of ['tls.crt', 'tls.key']) await symlink(path.join('..data', file), path.join(folder, file));
    const { source, problems } = await openWith({
      certPath: path.join(folder, 'tls.crt'),
      keyPath: path.join(folder, 'tls.key'),
      pollMs: 1_000_000,
    });
    // In one step: between two, the first would be a reason to read while the second comes.
    await rename(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
    await until(() => source.current().cert === two.cert);
    expect(problems).toEqual([]);
  });

  test('who no longer listens is told nothing', async () => {
    const { certPath, keyPath, source } = await openWith();
    const told: string[] = [];
    source.onChange(({ cert }) => told.push(cert))();
    await Promise.all([writeFile(certPath, two.cert), writeFile(keyPath, two.key)]);
    await until(() => source.current().cert === two.cert);
    expect(told).toEqual([]);
  });

  test('what cannot be opened in the first place is one line', async () => {
    const folder = await temporaryFolder();
    const [certPath, keyPath] = [path.join(folder, 'tls.crt'), path.join(folder, 'tls.key')];
    const open = async (): Promise<string> => {
      const opened = await openCertificateFiles({ certPath, keyPath, onProblem: () => undefined });
      if (opened.kind === 'open') opened.source.close();
      return opened.kind === 'failed' ? opened.message : 'open';
    };
    expect(await open()).toBe(`${certPath} cannot be read (ENOENT); see --tls-cert`);
    await writeFile(certPath, one.cert);
    expect(await open()).toBe(`${keyPath} cannot be read (ENOENT); see --tls-key`);
    await writeFile(keyPath, two.key);
    expect(await open()).toBe(`${certPath} and ${keyPath}: the key does not belong to the certificate`);
    await writeFile(keyPath, one.key);
    expect(await open()).toBe('open');
  });
});
