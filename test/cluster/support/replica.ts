import { readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { issueCa, issueLeaf, localNames } from '../../../src/certs/issue.ts';
import { isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json } from '../../../src/core/json.ts';
import { start } from '../../support/cli.ts';
import { podReview, reviewBody } from '../../support/review.ts';
import { freePort } from './release.ts';

/** A `podgraft serve` in a process of its own that reads a cluster. */
export interface Replica {
  /** What becomes of a pod in namespace `default` that names a template: the images of the graft, a refusal, or another status. */
  readonly ask: (template: string) => Promise<string>;
  /** `/readyz?verbose`; empty where nobody answers. */
  readonly ready: () => Promise<string>;
  readonly metrics: () => Promise<string>;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a replica.
 * @param certificate `files`: one that nobody looks after; `self-managed`: its own, by which the API server could ask
 */
export async function startReplica(
  folder: string,
  kubeconfig: string,
  certificate: 'files' | 'self-managed' = 'files',
): Promise<Replica> {
  const inFolder = (name: string): string => path.join(folder, name);
  const nowMs = Date.now();
  const ca = await issueCa(nowMs);
  const leaf = await issueLeaf({ ...ca, notAfterMs: nowMs + 86_400_000 }, localNames, nowMs);
  await writeFile(inFolder('tls.crt'), leaf.cert);
  await writeFile(inFolder('tls.key'), leaf.key);
  await writeFile(inFolder('ca.crt'), ca.cert);
  const ports = { webhook: await freePort(), probes: await freePort() };
  const child = start(
    [
      ['serve', '--cluster', 'true', '--kubeconfig', kubeconfig, '--log-level', 'warn', '--host', 'localhost'],
      certificate === 'files' ? ['--tls-cert', inFolder('tls.crt'), '--tls-key', inFolder('tls.key')] : [],
      ['--port', String(ports.webhook), '--probe-port', String(ports.probes)],
    ].flat(),
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const probe = async (at: string): Promise<string> =>
    fetch(`http://localhost:${ports.probes}${at}`).then(
      async (response) => response.text(),
      () => '',
    );
  return {
    ask: async (template) => {
      const pod = {
        metadata: { name: 'p', labels: { 'podgraft.dev/template': template } },
        spec: { containers: [{ name: 'main', image: 'b:1' }] },
      };
      const body = reviewBody(podReview({ apiVersion: 'v1', kind: 'Pod', ...pod }, { namespace: 'default' }));
      return answerOf(await post(ports.webhook, await readFile(inFolder('ca.crt'), 'utf8'), body));
    },
    ready: async () => probe('/readyz?verbose'),
    metrics: async () => probe('/metrics'),
    log: () => log,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function post(
  port: number,
  ca: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'Content-Type': 'application/json' };
  const options = {
    method: 'POST',
    host: 'localhost',
    port,
    path: '/mutate/pods?timeout=3s',
    ca,
    headers,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const request = https.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** `a:1` for a graft that adds a container of that image, `refused`, or `HTTP 503`. */
function answerOf({ status, text }: { readonly status: number; readonly text: string }): string {
  if (status !== 200) return `HTTP ${status}`;
  const review = JSON.parse(text) as Json;
  const response = objectField(isObject(review) ? review : {}, 'response');
  if (response['allowed'] !== true) return 'refused';
  const patch = Buffer.from(stringField(response, 'patch') ?? '', 'base64').toString();
  return [...patch.matchAll(/"image":"([^"]+)"/gu)].map(([, image]) => image).join(',') || 'nothing';
}
