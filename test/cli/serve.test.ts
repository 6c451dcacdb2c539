import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { folder, run, start } from '../support/cli.ts';

const template =
  'apiVersion: podgraft.dev/v1alpha1\nkind: InjectionTemplate\nmetadata: {name: one}\nspec: {template: {metadata: {labels: {x: a}}}}\n';
const review = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'b2f3e1a0-0000-4000-8000-000000000000',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    namespace: 'app',
    operation: 'CREATE',
    userInfo: { username: 'u' },
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', labels: { 'podgraft.dev/template': 'one' } },
      spec: { containers: [{ name: 'main', image: 'a:1' }] },
    },
  },
};

let files: ReturnType<typeof folder>;
const children: ChildProcessWithoutNullStreams[] = [];
beforeEach(() => {
  files = folder({
    'templates/one.yaml': template,
    'templates/bad.yaml': template.replace('one', 'bad').replace('spec:', 'spc:'),
  });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  files.remove();
});

interface Served {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: () => string;
  readonly port: number;
  readonly ca: string;
}

function startServe(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const state = path.join(files.path, 'state');
  const fast = ['--drain-seconds', '0', '--quiet-seconds', '0', '--log-level', 'silent'];
  const child = start(
    ['serve', '--templates', 'templates', '--port', '0', '--probe-port', '0', '--state-dir', state, ...fast, ...args],
    { cwd: files.path },
  );
  children.push(child);
  return child;
}

/** Resolves when all has been said that is said at the start: of the two templates, the invalid one comes last. */
async function serve(...args: readonly string[]): Promise<Served> {
  const child = startServe(...args);
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await vi.waitFor(() => expect(text).toContain('is invalid and not served'), { timeout: 30_000 });
  const port = Number(/https:\/\/localhost:(\d+)\/mutate\/pods/.exec(text)?.[1]);
  return { child, said: () => text, port, ca: readFileSync(path.join(files.path, 'state/ca.crt'), 'utf8') };
}

async function ask({ port, ca }: Served): Promise<readonly { readonly path: string; readonly value: unknown }[]> {
  const body = JSON.stringify(review);
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(
      { host: 'localhost', port, path: '/mutate/pods', method: 'POST', ca, headers, agent: false },
      (response) => {
        let all = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
        response.on('end', () => resolve(all));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
  const { response } = JSON.parse(text) as { response: { uid: string; patch?: string } };
  expect(response.uid).toBe(review.request.uid);
  return JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString() || '[]') as {
    path: string;
    value: unknown;
  }[];
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code));
  });
}

test('serves what is valid, says what is not and where, follows the files, and stops gracefully', async () => {
  const served = await serve();
  expect(served.said()).toMatch(/templates\/one\.yaml:3:18/);
  expect(served.said()).toMatch(/templates\/bad\.yaml:\d+:\d+: .*PG0/);
  expect(served.said()).toContain('podgraft-system/bad  is invalid and not served');
  expect(served.said()).toContain(path.join('state', 'ca.crt'));
  expect(await ask(served)).toContainEqual({ op: 'add', path: '/metadata/labels/x', value: 'a' });

  writeFileSync(path.join(files.path, 'templates/one.yaml'), template.replace('x: a', 'x: later'));
  await vi.waitFor(
    async () => expect(await ask(served)).toContainEqual({ op: 'add', path: '/metadata/labels/x', value: 'later' }),
    {
      timeout: 30_000,
    },
  );
  writeFileSync(path.join(files.path, 'templates/one.yaml'), 'a: [');
  await vi.waitFor(() => expect(served.said()).toContain('the last valid version'), { timeout: 30_000 });
  expect(await ask(served)).toContainEqual({ op: 'add', path: '/metadata/labels/x', value: 'later' });

  const ended = exitOf(served.child);
  served.child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a second signal does not wait', async () => {
  const served = await serve('--drain-seconds', '3600', '--drain-cap-seconds', '3600');
  const ended = exitOf(served.child);
  served.child.kill('SIGINT');
  await vi.waitFor(() => expect(served.said()).toContain('SIGINT: stopping'), { timeout: 30_000 });
  served.child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a signal is heard from the first word on, however much there is to say', async () => {
  const many = Array.from({ length: 300 }, (_, index) => template.replace('name: one', `name: t${index}`));
  writeFileSync(path.join(files.path, 'templates/many.yaml'), many.join('---\n'));
  const child = startServe();
  const ended = exitOf(child);
  child.stderr.once('data', () => child.kill('SIGTERM'));
  expect(await ended).toBe(0);
});

describe('what keeps it from starting: one line, exit 2', () => {
  test('a port in use', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => {
      holder.listen(0, resolve);
    });
    const { port } = holder.address() as AddressInfo;
    const state = path.join(files.path, 'state');
    const { code, stderr } = await run(
      ['serve', '--templates', 'templates', '--port', String(port), '--probe-port', '0', '--state-dir', state],
      { cwd: files.path },
    );
    expect(code).toBe(2);
    expect(stderr).toBe(
      `port ${port}: something else listens there already; stop it, or choose another port with --port\n`,
    );
    holder.close();
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      'a certificate without its key',
      ['--templates', 'templates', '--tls-cert', 'x.crt'],
      /^tlsCert is set and tlsKey is not.*--tls-key\n$/,
    ],
    [
      'a certificate that is not there',
      ['--templates', 'templates', '--tls-cert', 'x.crt', '--tls-key', 'x.key'],
      /^[^\n]*x\.(?:crt|key)[^\n]*\n$/,
    ],
    ['neither templates nor a cluster', [], /^there is no cluster[^\n]*--templates[^\n]*\n$/],
    [
      'a setting that is wrong',
      ['--templates', 'templates', '--port', '70000'],
      /^flag --port: port must be a whole number from 0 to 65535\n$/,
    ],
    [
      'a configuration that is not there',
      ['--config', 'none.yaml'],
      /^none\.yaml: there is no such file or directory\n$/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(['serve', ...args], { cwd: files.path });
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

test('--print-config prints the settings in effect and where they come from', async () => {
  writeFileSync(path.join(files.path, 'podgraft.yaml'), 'port: 9443\ninjection: all\n');
  const { code, stdout } = await run(['serve', '--config', 'podgraft.yaml', '--print-config', '--probe-port', '9090'], {
    cwd: files.path,
    env: { PODGRAFT_INJECTION: 'labelled' },
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/podgraft\.yaml:1:1\nport: 9443/);
  expect(stdout).toMatch(/flag --probe-port\nprobePort: 9090/);
  expect(stdout).toMatch(/environment PODGRAFT_INJECTION\ninjection: labelled/);
});
