import http from 'node:http';
import type { Server } from 'node:http';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { MutatePodsContext } from '../admission/mutate-pods.ts';
import { newActivity } from './activity.ts';
import { newClientJudge } from './client-auth.ts';
import type { ClientAuth } from './client-auth.ts';
import { newCohorts } from './cohort.ts';
import { waitForInFlight, waitForQuiet } from './drain.ts';
import type { DrainTimes } from './drain.ts';
import { createHttpsServer, toSecureContext } from './https-server.ts';
import type { Handshake, TlsMinVersion } from './https-server.ts';
import { listen } from './listen.ts';
import { createMetrics } from './metrics.ts';
import type { UnhandledKind } from './metrics.ts';
import { createProbeApp } from './probe-app.ts';
import type { ReadyCheck } from './probe-app.ts';
import { newRecord } from './record.ts';
import { bodyLimits } from './review-body.ts';
import type { BodyLimits } from './review-body.ts';
import type { CertificateSource } from './tls-pair.ts';
import { createWebhookApp, lastHandler } from './webhook-app.ts';
import { whereThrown } from './where-thrown.ts';

export interface ServerOptions {
  /** All addresses where it is absent. */
  readonly host?: string;
  /** 0: one that is free, for tests. */
  readonly port: number;
  readonly probePort: number;
  readonly tlsMinVersion: TlsMinVersion;
  readonly maxInFlight: number;
  readonly drain: DrainTimes;
  /** For tests; else 7 MiB in 10 s. */
  readonly bodyLimits?: Partial<BodyLimits>;
  readonly certificate: CertificateSource;
  /** How often a certificate that had changed could not be used. */
  readonly certificateProblems?: () => number;
  /** Absent: whoever reaches the port may call. */
  readonly clientAuth?: ClientAuth;
  /** The templates, namespaces and settings of this moment: asked once for each request. */
  readonly context: () => MutatePodsContext;
  /** How many templates are in use, and how many were found invalid. */
  readonly templateCounts: () => { readonly active: number; readonly invalid: number };
  /** What else must hold before reviews are answered, e.g. that all templates have been read once. */
  readonly checks?: () => readonly ReadyCheck[];
  /** Adds the metrics of whoever starts the server. */
  readonly registerMetrics?: (registry: Registry) => void;
  readonly logger: Logger;
  readonly version: string;
}

export interface RunningServer {
  readonly port: number;
  readonly probePort: number;
  /** Stops: drains first (contract R7). A second call with `now` ends the waiting. Resolves when all is closed. */
  readonly stop: (how?: 'drain' | 'now') => Promise<void>;
  /** Counts and logs what nobody has caught: where it was thrown, nothing of what it says (contract R37, S24). */
  readonly reportUnhandled: (kind: UnhandledKind, error: unknown) => void;
}

export type StartedServer =
  | { readonly kind: 'running'; readonly server: RunningServer }
  /** One line for the person who started it. */
  | { readonly kind: 'failed'; readonly message: string };

const heartbeatMs = 1000;

/** Starts the webhook server and the probe server. */
export async function startServer(options: ServerOptions): Promise<StartedServer> {
  const { certificate, logger, host, tlsMinVersion: minVersion, clientAuth } = options;
  const activity = newActivity();
  const metrics = createMetrics({
    activity,
    templates: options.templateCounts,
    notAfterMs: () => ({ leaf: certificate.current().notAfterMs, ca: certificate.current().caNotAfterMs }),
    certificateProblems: options.certificateProblems ?? (() => 0),
    version: options.version,
  });
  options.registerMetrics?.(metrics.registry);
  const checks = options.checks ?? (() => []);
  const webhookApp = createWebhookApp({
    activity,
    cohorts: newCohorts(),
    record: newRecord(logger, metrics),
    maxInFlight: options.maxInFlight,
    limits: { ...bodyLimits, ...options.bodyLimits },
    ...(clientAuth !== undefined && { judgeClient: newClientJudge(clientAuth) }),
    isReady: () => checks().every(({ isOk }) => isOk),
    context: options.context,
  });
  const handshake = (): Handshake => {
    const clientCa = clientAuth?.current().join('\n');
    return { pair: certificate.current(), minVersion, ...(clientCa !== undefined && { clientCa }) };
  };
  const webhookServer = createHttpsServer(webhookApp, handshake(), activity);
  const endClientRotation = clientAuth?.onChange(() => {
    webhookServer.setSecureContext(toSecureContext(handshake()));
    logger.info({ clientCas: clientAuth.current().length }, 'CAs of clients changed');
  });
  const endRotation = certificate.onChange((pair) => {
    webhookServer.setSecureContext(toSecureContext(handshake()));
    logger.info({ notAfter: new Date(pair.notAfterMs).toISOString() }, 'certificate changed');
  });
  let heartbeatAtMs = performance.now();
  const heart = setInterval(() => (heartbeatAtMs = performance.now()), heartbeatMs);
  const probeApp = createProbeApp({
    heartbeatAgeMs: () => performance.now() - heartbeatAtMs,
    checks: () => [...checks(), certificateCheck(certificate.current().notAfterMs), stoppingCheck(activity.isStopping)],
    registry: metrics.registry,
  });
  const probeServer = http.createServer((request, response) => {
    probeApp(request as Request, response as Response, lastHandler(request, response));
  });
  const release = (): void => {
    endRotation();
    endClientRotation?.();
    clearInterval(heart);
    metrics.close();
  };

  const at = host === undefined ? {} : { host };
  const webhookPort = await listen(webhookServer, { ...at, port: options.port, flag: '--port' });
  const probePort =
    webhookPort.kind === 'failed'
      ? webhookPort
      : await listen(probeServer, { ...at, port: options.probePort, flag: '--probe-port' });
  if (webhookPort.kind === 'failed' || probePort.kind === 'failed') {
    release();
    await Promise.all([close(webhookServer), close(probeServer)]);
    return { kind: 'failed', message: [webhookPort, probePort].map(failureOf).find(Boolean) ?? '' };
  }

  const hurry = new AbortController();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    activity.isStopping = true;
    await waitForQuiet(activity, options.drain, hurry.signal);
    const closed = close(webhookServer);
    await waitForInFlight(activity, hurry.signal);
    webhookServer.closeAllConnections();
    await closed;
    const probesClosed = close(probeServer);
    probeServer.closeAllConnections();
    await probesClosed;
    release();
  };
  return {
    kind: 'running',
    server: {
      port: webhookPort.port,
      probePort: probePort.port,
      stop: async (how = 'drain') => {
        if (how === 'now') hurry.abort();
        return (stopped ??= stop());
      },
      reportUnhandled: (kind, error) => {
        metrics.countUnhandled(kind);
        logger.error({ kind, fault: whereThrown(error) }, 'unhandled error');
      },
    },
  };
}

function certificateCheck(notAfterMs: number): ReadyCheck {
  return { name: 'certificate', isOk: Date.now() < notAfterMs, detail: 'it has expired' };
}

function stoppingCheck(isStopping: boolean): ReadyCheck {
  return { name: 'shutdown', isOk: !isStopping, detail: 'the process is stopping' };
}

function failureOf(result: Awaited<ReturnType<typeof listen>>): string | undefined {
  return result.kind === 'failed' ? result.message : undefined;
}

async function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
