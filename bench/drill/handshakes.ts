import { connect } from 'node:tls';
import { waitFor } from '../../src/cluster/wait.ts';
import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { Api } from './api.ts';
import type { Course } from './course.ts';

const everyMs = 500;

/**
 * An API server keeps a connection as long as it can, and looks at a certificate only when it opens one: as often as
 * that, each replica is asked for its certificate, which every webhook's caBundle of the moment must trust.
 */
export async function shakeHands(
  api: Api,
  configurations: readonly string[],
  ports: readonly number[],
  course: Course,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    const bundles = new Set<string>();
    for (const path of configurations) {
      const { body } = await api.call('GET', path);
      for (const webhook of arrayField(body, 'webhooks')) {
        const clientConfig = objectField(objectField({ webhook }, 'webhook'), 'clientConfig');
        bundles.add(Buffer.from(stringField(clientConfig, 'caBundle') ?? '', 'base64').toString('utf8'));
      }
    }
    for (const ca of bundles) {
      for (const port of ports) {
        const refusal = await shake(port, ca);
        course.add('handshakes');
        if (refusal !== undefined) course.found(`the caBundle does not trust a replica's certificate: ${refusal}`);
      }
    }
    await waitFor(everyMs, over);
  }
}

/** Why there is no trust; undefined where there is. */
async function shake(port: number, ca: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(undefined);
      socket.end();
    });
    socket.on('error', (error: Error) => resolve(error.message));
  });
}
