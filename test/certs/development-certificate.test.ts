import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CertificatePair } from '../../src/certs/certificate-pair.ts';
import { openDevelopmentCertificate } from '../../src/certs/development-certificate.ts';
import type { DevelopmentCertificate } from '../../src/certs/development-certificate.ts';
import { issueCa, issueLeaf } from '../../src/certs/issue.ts';
import { defaultStateFolder, withLock } from '../../src/certs/state-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

async function openIn(folder: string, options: Partial<DevelopmentCertificate> = {}) {
  const opened = await openDevelopmentCertificate({
    folder,
    names: [],
    onProblem: (message) => expect.fail(message),
    ...options,
  });
  if (opened.kind === 'failed') throw new Error(opened.message);
  onTestFinished(() => opened.source.close());
  return opened;
}

/** Connects to a server with this certificate, trusting this CA; the error's code where that is refused. */
async function handshake(pair: CertificatePair, ca: string, servername: string): Promise<string> {
  const server = tls.createServer({ key: pair.key, cert: pair.cert });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const result = await new Promise<string>((resolve) => {
    const socket = tls.connect({
      port,
      ca,
      servername,
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(servername, certificate),
    });
    socket.on('secureConnect', () => resolve('ok'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => socket.destroy());
  });
  server.close();
  return result;
}

describe('a development certificate', () => {
  test('is trusted through its CA, for the names of this machine and those that were asked for', async () => {
    const folder = await temporaryFolder();
    const { source, caPath } = await openIn(folder, { names: ['podgraft.podgraft-system.svc'] });
    const ca = await readFile(caPath, 'utf8');
    expect(await handshake(source.current(), ca, 'localhost')).toBe('ok');
    expect(await handshake(source.current(), ca, 'podgraft.podgraft-system.svc')).toBe('ok');
    expect(await handshake(source.current(), ca, 'elsewhere.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const leaf = new X509Certificate(source.current().cert);
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkIP('::1')).toBe('::1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.ca).toBe(false);
  });

  test('P7 the CA may sign leaves only, has a subject and a serial of its own, and lives a year', async () => {
    const nowMs = Date.UTC(2026, 10, 21);
    const [one, two] = [await issueCa(nowMs), await issueCa(nowMs)].map(({ cert }) => new X509Certificate(cert));
    expect(one?.ca).toBe(true);
    expect(one?.subject).not.toBe(two?.subject);
    expect(one?.serialNumber).toMatch(/^[0-9A-F]{32}$/u);
    expect(one?.serialNumber).not.toBe(two?.serialNumber);
    expect(Date.parse(one?.validFrom ?? '')).toBe(nowMs - 5 * minuteMs);
    expect(Date.parse(one?.validTo ?? '')).toBe(nowMs + 365 * dayMs);
  });

  test('a leaf never outlives its CA', async () => {
    const nowMs = Date.UTC(2026, 10, 21);
    const ca = await issueCa(nowMs);
    const notAfterMs = nowMs + dayMs;
    const leaf = new X509Certificate((await issueLeaf({ ...ca, notAfterMs }, ['localhost'], nowMs)).cert);
    expect(Date.parse(leaf.validTo)).toBe(notAfterMs);
  });

  test('keys can be read by their owner alone, and nothing is left lying about', async () => {
    const folder = await temporaryFolder();
    const inner = path.join(folder, 'a', 'b');
    await openIn(inner);
    const modes = await Promise.all(
      ['ca.key', 'tls.key', 'ca.crt', 'tls.crt'].map(async (file) => (await stat(path.join(inner, file))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600, 0o644, 0o644]);
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    expect((await readdir(inner)).toSorted()).toEqual(['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
  });

  test('is the same the next time', async () => {
    const folder = await temporaryFolder();
    const first = await openIn(folder);
    const second = await openIn(folder);
    expect(second.source.current()).toEqual(first.source.current());
  });

  test.each([
    ['a leaf past two thirds of its life', 5 * dayMs, { ca: 'kept', leaf: 'new' }],
    ['a leaf before that', 4 * dayMs, { ca: 'kept', leaf: 'kept' }],
    ['a CA past two thirds of its life', 244 * dayMs, { ca: 'new', leaf: 'new' }],
    ['a clock that was set back by an hour', -60 * minuteMs, { ca: 'new', leaf: 'new' }],
    ['a clock that was set back by a minute', -minuteMs, { ca: 'kept', leaf: 'kept' }],
  ])('T45 %s: the CA is $2.ca, the leaf is $2.leaf', async (_, laterMs, expected) => {
    const folder = await temporaryFolder();
    const nowMs = Date.now();
    const before = await openIn(folder, { nowMs: () => nowMs });
    const caBefore = await readFile(before.caPath, 'utf8');
    const after = await openIn(folder, { nowMs: () => nowMs + laterMs });
    const caAfter = await readFile(after.caPath, 'utf8');
    expect(caAfter === caBefore ? 'kept' : 'new').toBe(expected.ca);
    expect(after.source.current().cert === before.source.current().cert ? 'kept' : 'new').toBe(expected.leaf);
    expect(new X509Certificate(after.source.current().cert).verify(new X509Certificate(caAfter).publicKey)).toBe(true);
  });

  test.each([
    ['tls.crt', ''],
    ['tls.crt', 'half a certif'],
    ['tls.key', '-----BEGIN PRIVATE KEY-----\nMIIE'],
    ['ca.crt', '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n'],
    ['ca.key', ''],
  ])('is made anew where %s is broken', async (file, text) => {
    const folder = await temporaryFolder();
    await openIn(folder);
    await writeFile(path.join(folder, file), text);
    const { source, caPath } = await openIn(folder);
    expect(await handshake(source.current(), await readFile(caPath, 'utf8'), 'localhost')).toBe('ok');
  });

  test('is made anew where another name is asked for, and not again for the same, wildcards and addresses too', async () => {
    const folder = await temporaryFolder();
    const names = ['*.podgraft.example', '192.0.2.7', '2001:db8::7'];
    const first = await openIn(folder);
    const second = await openIn(folder, { names });
    const third = await openIn(folder, { names });
    expect(second.source.current().cert).not.toBe(first.source.current().cert);
    expect(third.source.current().cert).toBe(second.source.current().cert);
  });

  test('is renewed while it is in use, and who serves it is told', async () => {
    const folder = await temporaryFolder();
    let nowMs = Date.now();
    const { source } = await openIn(folder, { nowMs: () => nowMs, checkMs: 20 });
    const before = source.current();
    const changed = new Promise<CertificatePair>((resolve) => source.onChange(resolve));
    nowMs += 5 * dayMs;
    expect((await changed).cert).not.toBe(before.cert);
  });

  test('when it can no longer be renewed the old one stays, and that is said', async () => {
    const folder = await temporaryFolder();
    const [state, link] = [path.join(folder, 'state'), path.join(folder, 'link')];
    await Promise.all([mkdir(path.join(folder, 'real')), writeFile(path.join(folder, 'file'), '')]);
    await Promise.all([symlink('real', state), symlink('file', link)]);
    const problem = new Promise<string>((resolve) => {
      // One step: a folder that is away for a moment is made anew by the next look.
      void openIn(state, { checkMs: 20, onProblem: resolve }).then(async () => rename(link, state));
    });
    expect(await problem).toMatch(/state cannot hold .*; the certificate from before stays in use$/u);
  });

  test('processes that start at once agree on one CA and one leaf', async () => {
    const folder = await temporaryFolder();
    const script = `
      import { openDevelopmentCertificate } from ${JSON.stringify(new URL('../../src/certs/development-certificate.ts', import.meta.url).href)};
      const opened = await openDevelopmentCertificate({ folder: process.argv[1], names: [], onProblem: () => {} });
      process.stdout.write(opened.source.current().cert);
    `;
    const run = async (): Promise<string> => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder]);
      return stdout;
    };
    const certs = await Promise.all([run(), run(), run(), run()]);
    expect(new Set(certs).size).toBe(1);
    const ca = new X509Certificate(await readFile(path.join(folder, 'ca.crt'), 'utf8'));
    expect(new X509Certificate(certs[0] ?? '').verify(ca.publicKey)).toBe(true);
  });

  test('a folder that is a file is one line that says what to do', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    for (const name of [file, path.join(file, 'below')]) {
      const opened = await openDevelopmentCertificate({ folder: name, names: [], onProblem: () => undefined });
      expect(opened).toMatchObject({ kind: 'failed' });
      expect(opened.kind === 'failed' && opened.message).toMatch(
        /cannot hold .* \((EEXIST|ENOTDIR)\); .*--state-dir.*--tls-cert/u,
      );
    }
  });

  test('a link to nowhere in place of the folder is one line too', async () => {
    const folder = await temporaryFolder();
    const link = path.join(folder, 'link');
    await symlink(path.join(folder, 'nowhere', 'at', 'all'), link);
    expect(await openDevelopmentCertificate({ folder: link, names: [], onProblem: () => undefined })).toMatchObject({
      kind: 'failed',
    });
  });

  test('P8 the event loop goes on turning while one is made', async () => {
    await issueCa(Date.now());
    const turns = countTurns();
    const ca = await issueCa(Date.now());
    await issueLeaf({ ...ca, notAfterMs: Date.now() + dayMs }, ['localhost'], Date.now());
    expect(turns()).toBeGreaterThan(3);
  });
});

/** How often the event loop turned since the call. */
function countTurns(): () => number {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  return () => {
    clearInterval(timer);
    return turns;
  };
}

describe('the lock of a state folder', () => {
  test('lets one in at a time', async () => {
    const folder = await temporaryFolder();
    let inside = 0;
    const work = async (): Promise<void> => {
      inside++;
      expect(inside).toBe(1);
      await wait(5);
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, async () => withLock(folder, work)));
    expect(await readdir(folder)).toEqual([]);
  });

  test('is given back when the work goes wrong', async () => {
    const folder = await temporaryFolder();
    await expect(withLock(folder, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(folder, async () => Promise.resolve('done'))).toBe('done');
  });

  test.each([
    ['of a process that is gone', '999999999', 0],
    ['that is older than any work takes', String(process.pid), 60_000],
  ])('that was left over, %s, is taken', async (_, owner, ageMs) => {
    const folder = await temporaryFolder();
    const lock = path.join(folder, 'lock');
    await writeFile(lock, owner);
    const then = new Date(Date.now() - ageMs);
    await utimes(lock, then, then);
    const results = await Promise.all(
      [1, 2, 3].map(async (value) => withLock(folder, async () => Promise.resolve(value))),
    );
    expect(results).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each([
  [{}, '/home/me/.local/state/podgraft'],
  [{ XDG_STATE_HOME: '/state' }, '/state/podgraft'],
  [{ XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/podgraft'],
  [{ XDG_STATE_HOME: '' }, '/home/me/.local/state/podgraft'],
])('with %j state is kept in %s', (env, folder) => {
  expect(defaultStateFolder(env, '/home/me')).toBe(folder);
});
