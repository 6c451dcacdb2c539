import { onTestFinished } from 'vitest';
import type { MutatePodsContext } from '../../src/admission/mutate-pods.ts';
import { toPair } from '../../src/certs/certificate-pair.ts';
import { holdPair } from '../../src/certs/certificate-source.ts';
import type { CurrentPair } from '../../src/certs/certificate-source.ts';
import { issueCa, issueLeaf, localNames } from '../../src/certs/issue.ts';
import { buildTemplateSet } from '../../src/core/template-set.ts';
import type { Template } from '../../src/core/template.ts';
import { createLog } from '../../src/server/log.ts';
import { startServer } from '../../src/server/start-server.ts';
import type { RunningServer, ServerOptions } from '../../src/server/start-server.ts';
import { apiServerClient } from './api-server-client.ts';
import type { ApiServerClient } from './api-server-client.ts';
import { namespace, settings } from './fixtures.ts';

/** A CA of the tests' own and a source of a certificate under it. */
export interface TestCertificate {
  readonly ca: string;
  readonly source: CurrentPair;
  /** Puts a new leaf in use; comes back with its PEM. */
  readonly rotate: () => Promise<string>;
}

export async function testCertificate(): Promise<TestCertificate> {
  const nowMs = Date.now();
  const ca = { ...(await issueCa(nowMs)), notAfterMs: nowMs + 86_400_000 };
  const newPair = async () => {
    const { cert, key } = await issueLeaf(ca, localNames, nowMs);
    const result = toPair(cert, key);
    if (result.kind === 'invalid') throw new Error(result.message);
    return result.pair;
  };
  const source = holdPair(await newPair());
  const rotate = async (): Promise<string> => {
    const pair = await newPair();
    source.replace(pair);
    return pair.cert;
  };
  return { ca: ca.cert, source, rotate };
}

export interface TestServer {
  readonly server: RunningServer;
  readonly client: ApiServerClient;
  /** The log so far, one object per line. */
  readonly lines: () => readonly Record<string, unknown>[];
  /** The log so far, as text. */
  readonly log: () => string;
  readonly probe: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
  /** The value of one series; undefined where there is none. */
  readonly metric: (series: string) => Promise<number | undefined>;
}

/** What decisions depend on, as a test wants it: templates, and any namespace. */
export function contextOf(...templates: readonly Template[]): () => MutatePodsContext {
  const set = buildTemplateSet(templates, settings.rootNamespace);
  return () => ({ templates: set, settings, namespaceOf: (name) => namespace(name) });
}

/** A server on free ports, with a client that trusts it; both end with the test. */
export async function startTestServer(
  certificate: TestCertificate,
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const written: string[] = [];
  const { logger } = createLog('info', { write: (line: string) => void written.push(line) });
  const started = await startServer({
    host: 'localhost',
    port: 0,
    probePort: 0,
    tlsMinVersion: 'TLSv1.2',
    maxInFlight: 200,
    drain: { drainMs: 0, quietMs: 0, capMs: 0 },
    certificate: certificate.source,
    context: contextOf(),
    templateCounts: () => ({ active: 0, invalid: 0 }),
    logger,
    version: '0.0.0',
    ...options,
  });
  if (started.kind === 'failed') throw new Error(started.message);
  const { server } = started;
  const client = apiServerClient(server.port, certificate.ca);
  onTestFinished(async () => {
    client.close();
    await server.stop('now');
  });
  const probe: TestServer['probe'] = async (path) => {
    const response = await fetch(`http://localhost:${server.probePort}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return {
    server,
    client,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    log: () => written.join(''),
    probe,
    metric: async (series) => {
      const { text } = await probe('/metrics');
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  };
}
