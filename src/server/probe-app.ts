import type { Express } from 'express';
import type { Registry } from 'prom-client';
import { bareApp } from './webhook-app.ts';

/** One condition of readiness. */
export interface ReadyCheck {
  readonly name: string;
  readonly isOk: boolean;
  /** Why it isn't: one line, shown by `/readyz?verbose`. */
  readonly detail: string;
}

export interface ProbeSources {
  /** Milliseconds since the event loop last turned over. */
  readonly heartbeatAgeMs: () => number;
  readonly checks: () => readonly ReadyCheck[];
  readonly registry: Registry;
}

/** A heart that has not beaten for so long means a loop that is stuck (contract R3). */
const maxHeartbeatAgeMs = 5000;

/** Express for the probe port, plain HTTP: what the kubelet and Prometheus ask (contract R1, R3, R4, O7). */
export function createProbeApp({ heartbeatAgeMs, checks, registry }: ProbeSources): Express {
  const app = bareApp();
  app.get('/livez', (_request, response) => {
    const isAlive = heartbeatAgeMs() < maxHeartbeatAgeMs;
    response
      .status(isAlive ? 200 : 503)
      .type('text/plain')
      .send(isAlive ? 'ok\n' : 'the event loop is stuck\n');
  });
  app.get('/readyz', (request, response) => {
    const results = checks();
    const isReady = results.every(({ isOk }) => isOk);
    const lines = results.map(({ name, isOk, detail }) => (isOk ? `[+]${name} ok` : `[-]${name} ${detail}`));
    const verdict = isReady ? 'ok' : 'not ready';
    const isVerbose = request.query['verbose'] !== undefined;
    response
      .status(isReady ? 200 : 503)
      .type('text/plain')
      .send(`${isVerbose ? [...lines, verdict].join('\n') : verdict}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
  });
  return app;
}
