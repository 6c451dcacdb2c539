import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../support/cli.ts';
import { startFakeApiServer } from '../support/fake-api-server.ts';
import type { Fault } from '../support/fake-api-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('podgraft check', () => {
  const faults: readonly (readonly [string, Fault, RegExp])[] = [
    ['knows nobody', { status: 401 }, /^ask for the version at https:\S+: HTTP 401; the token or client certificate/u],
    ['is full', { status: 429, headers: { 'Retry-After': '1' } }, /HTTP 429; the API server is overloaded/u],
    ['is something else', 'garbage', /this is not how a Kubernetes API server answers/u],
    ['hangs up', 'reset', /ECONNRESET; see whether something between us/u],
  ];
  test.each(faults)('with an API server that %s is one line, exit 2', async (_, fault, message) => {
    const server = await startFakeApiServer();
    server.onRequest(() => fault);
    const { code, stdout, stderr } = await run(['check', '--kubeconfig', server.kubeconfig]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('with an API server that is away is one line, exit 2', async () => {
    const server = await startFakeApiServer();
    await server.goAway();
    const { code, stderr } = await run(['check', '--kubeconfig', server.kubeconfig]);
    expect(stderr).toMatch(
      /^ask for the version at https:\S+: ECONNREFUSED; see whether the address is right[^\n]*\n$/u,
    );
    expect(code).toBe(2);
  });

  test.each([
    ['no kubeconfig', ['--kubeconfig', '/nonexistent/config'], /^\/nonexistent\/config cannot be read \(ENOENT\)/u],
    ['no address', ['--address', 'https://x'], /^--address https:\/\/x must be HOST:PORT/u],
    ['no format', ['-o', 'yaml'], /Allowed choices are text, json/u],
  ])('with what is %s is said, exit 2', async (_, args, message) => {
    const { code, stdout, stderr } = await run(['check', ...args]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('with a context that the kubeconfig lacks says which it has, exit 2', async () => {
    const file = path.join(await temporaryFolder(), 'config');
    const contexts = ['prod', 'staging'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } }));
    await writeFile(
      file,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://x' } }],
        users: [{ name: 'u', user: {} }],
        contexts,
      }),
    );
    const { code, stderr } = await run(['check', '--kubeconfig', file, '--context', 'stagin']);
    expect(stderr).toBe(`${file} has no context stagin; name one that it has: prod, staging\n`);
    expect(code).toBe(2);
  });

  test('shows examples', async () => {
    const { code, stdout } = await run(['check', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('podgraft check --context staging --namespace shop');
  });
});
