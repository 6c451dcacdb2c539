import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { folder, start } from '../support/cli.ts';

test('the demo shows five grafted pods, keeps serving, and stops when asked to', async () => {
  const state = folder({});
  // Where the default port is taken, it takes another one: here it always is.
  const holder = createServer();
  await new Promise<void>((resolve) => {
    holder.once('error', () => resolve()).listen(8443, resolve);
  });
  const child = start(['demo', '--state-dir', state.path, '--probe-port', '0']);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  try {
    await vi.waitFor(() => expect(stdout).toContain('Ctrl-C stops'), { timeout: 40_000 });
    expect(stderr).toContain('port 8443 is taken');
    expect(stdout).not.toContain('\u001B[');
    for (const part of [
      'Job sidecar-task in flytesnacks-development: allowed',
      '+ spec.initContainers: prepare (alpine:3.22)',
      '+ spec.initContainers: dind-daemon (docker:stable-dind, native sidecar)',
      '= algorunner: image, resources',
      '+ spec.containers[0].volumeMounts: gcs-bucket (/mnt/gcs)',
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).not.toContain('! ');
    const port = Number(/probes {3}http:\/\/localhost:(\d+)/.exec(stdout)?.[1]);
    expect((await fetch(`http://localhost:${port}/readyz`)).status).toBe(200);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  } finally {
    child.kill('SIGKILL');
    holder.close();
    state.remove();
  }
});
