import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ApiClient } from '../../src/cluster/api-client.ts';
import { findConfig, openClient } from '../../src/cluster/client.ts';
import { clientOf, startFakeApiServer } from '../support/fake-api-server.ts';
import type { Fault } from '../support/fake-api-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const secrets = '/api/v1/secrets';
const one = '/api/v1/namespaces/a/secrets/one';

async function messageOf(client: ApiClient, options: { readonly timeoutMs?: number } = {}) {
  const result = await client.get({ what: 'read Secret a/one', path: one, ...options });
  if (result.kind === 'ok') throw new Error('it was answered');
  return result;
}

describe('a request', () => {
  test('carries the credentials of the kubeconfig and brings the JSON as it is, fields that nobody knows too', async () => {
    const server = await startFakeApiServer();
    const client = await clientOf(server);
    const odd = {
      metadata: { namespace: 'a', name: 'one' },
      fieldOfTheFuture: [{ n: 0.1, deep: { constructor: null } }],
    };
    server.apply(secrets, odd);
    const result = await client.get({ what: 'read Secret a/one', path: one });
    expect(result).toMatchObject({ kind: 'ok', value: { fieldOfTheFuture: odd.fieldOfTheFuture } });
    expect(server.seen[0]).toMatchObject({ userAgent: 'podgraft/0.0.0', accept: 'application/json' });
  });

  const cases: readonly (readonly [string, Fault, string, RegExp])[] = [
    [
      'an expired token',
      { status: 401 },
      'unauthorized',
      /^read Secret a\/one at https:\/\/localhost:\d+: HTTP 401; .*renew/u,
    ],
    [
      'missing RBAC',
      { status: 403, message: 'User "system:serviceaccount:x:y" cannot get resource' },
      'forbidden',
      /HTTP 403, User "system:serviceaccount:x:y" cannot get resource; grant it/u,
    ],
    ['an absent object', { status: 404 }, 'absent', /HTTP 404; see whether it is installed/u],
    ['a conflict', { status: 409 }, 'conflict', /HTTP 409/u],
    [
      'a full API server',
      { status: 429, headers: { 'Retry-After': '7' } },
      'busy',
      /HTTP 429; the API server is overloaded/u,
    ],
    ['one that starts', { status: 503, headers: { 'Retry-After': '1' } }, 'busy', /HTTP 503/u],
    [
      'an internal error',
      { status: 500, message: 'secret contents' },
      'broken',
      /HTTP 500; the API server had an error/u,
    ],
    ['a redirect', { status: 302, headers: { Location: '/' } }, 'broken', /HTTP 302/u],
    ['an unprocessable change', { status: 422, message: 'secret contents' }, 'refused', /HTTP 422/u],
    ['a reset', 'reset', 'disconnected', /ECONNRESET; see whether something between us/u],
    ['half an answer', 'break off', 'disconnected', /ECONNRESET/u],
    ['something that is no API server', 'garbage', 'garbage', /the answer is no JSON object/u],
  ];
  test.each(cases)(
    'that meets %s is one line that says what, where and what to do',
    async (_, fault, reason, message) => {
      const server = await startFakeApiServer();
      const client = await clientOf(server);
      server.onRequest(() => fault);
      const result = await messageOf(client);
      expect(result.reason).toBe(reason);
      expect(result.message).toMatch(message);
      expect(result.message).not.toContain('\n');
      expect(result.message).not.toContain('secret contents');
    },
  );

  test('that is answered "later" says when', async () => {
    const server = await startFakeApiServer();
    server.onRequest(() => ({ status: 429, headers: { 'Retry-After': '7' } }));
    expect((await messageOf(await clientOf(server))).retryAfterMs).toBe(7000);
  });

  test('without an answer ends', async () => {
    const server = await startFakeApiServer();
    server.onRequest(() => 'silence');
    expect((await messageOf(await clientOf(server), { timeoutMs: 50 })).reason).toBe('timeout');
  });

  test('to nobody says so', async () => {
    const server = await startFakeApiServer();
    const client = await clientOf(server);
    await server.goAway();
    const result = await messageOf(client);
    expect(result.reason).toBe('unreachable');
    expect(result.message).toMatch(/ECONNREFUSED; see whether the address is right/u);
  });
});

describe('the way to a cluster', () => {
  test.each([
    ['named before the environment', { kubeconfig: '/a', env: { KUBECONFIG: '/b' } }, { kind: 'files', paths: ['/a'] }],
    ['all of KUBECONFIG', { env: { KUBECONFIG: ':/b:/c' } }, { kind: 'files', paths: ['/b', '/c'] }],
    ['none', { env: { HOME: '/nonexistent' } }, { kind: 'none' }],
  ])('is found: %s', async (_, sources, expected) => {
    expect(await findConfig(sources)).toEqual(expected);
  });

  test('that nobody names is one line', async () => {
    expect(await openClient({ env: { HOME: '/nonexistent' }, version: '0' })).toEqual({
      kind: 'failed',
      message: 'there is no cluster to reach: set KUBECONFIG, name one with --kubeconfig, or run in a pod',
    });
  });

  test.each([
    ['is absent', undefined, /cannot be read \(ENOENT\); set KUBECONFIG/u],
    ['is no YAML', 'users: [{token: hush\n: {', /cannot be read \(it is not a kubeconfig\)/u],
    ['is something else', '- hush', /(cannot be read|names no cluster)/u],
    ['is empty', '', /cannot be read \(it is not a kubeconfig\)/u],
    [
      'has no current context',
      '{"clusters": [], "users": [], "contexts": []}',
      /names no cluster and user to use; set its current-context/u,
    ],
  ])('that %s is one line without contents', async (_, text, message) => {
    const file = path.join(await temporaryFolder(), 'kubeconfig');
    if (text !== undefined) await writeFile(file, text);
    const opened = await openClient({ kubeconfig: file, env: {}, version: '0' });
    expect(opened.kind).toBe('failed');
    const shown = opened.kind === 'failed' ? opened.message : '';
    expect(shown).toMatch(message);
    expect(shown).not.toContain('hush');
    expect(shown).not.toContain('\n');
  });

  test('whose credentials are gone is one line, for each request anew', async () => {
    const server = await startFakeApiServer();
    const file = path.join(await temporaryFolder(), 'kubeconfig');
    const config = {
      clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority': 'gone.crt' } }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(file, JSON.stringify(config));
    const opened = await openClient({ kubeconfig: file, env: {}, version: '0' });
    if (opened.kind === 'failed') throw new Error(opened.message);
    onTestFinished(opened.close);
    const result = await messageOf(opened.client);
    expect(result.reason).toBe('credentials');
    expect(result.message).toMatch(/cannot be read \(ENOENT\); see whether the files/u);
  });
});
