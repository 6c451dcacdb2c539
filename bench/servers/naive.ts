/**
 * What one writes first: express with its body parser, a clone of the pod, the changes made on it, and fast-json-patch to find
 * out what they were. With the log line and the metrics that podgraft has.
 */
import https from 'node:https';
import express from 'express';
import jsonPatch from 'fast-json-patch';
import { pino } from 'pino';
import { Counter, Histogram, Registry } from 'prom-client';
import { readServerArguments } from '../server-arguments.ts';

interface Pod {
  metadata: {
    name?: string;
    generateName?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string }[];
  };
  spec: { containers: unknown[]; volumes?: unknown[] };
}
type PodTemplate = Pod;
interface Review {
  request: { uid: string; namespace: string; operation: string; dryRun: boolean; object: Pod };
}

const { port, key, certificate, template } = readServerArguments();
const podTemplate = JSON.parse(template) as PodTemplate;

const logger = pino();
const registers = [new Registry()];
const requests = new Counter({
  name: 'requests_total',
  help: 'Requests.',
  labelNames: ['webhook', 'outcome', 'code'],
  registers,
});
const durations = new Histogram({ name: 'duration_seconds', help: 'Durations.', labelNames: ['webhook'], registers });
const patchBytes = new Histogram({ name: 'patch_bytes', help: 'Sizes of patches.', registers });

const app = express();
app.use(express.json({ limit: '7mb' }));
app.post('/mutate/pods', (request, response) => {
  const startMs = performance.now();
  const { uid, namespace, operation, dryRun, object } = (request.body as Review).request;
  const pod = structuredClone(object);
  pod.metadata.labels = { ...pod.metadata.labels, ...podTemplate.metadata.labels };
  pod.metadata.annotations = { ...pod.metadata.annotations, ...podTemplate.metadata.annotations };
  pod.spec.containers.push(...podTemplate.spec.containers);
  pod.spec.volumes = [...(pod.spec.volumes ?? []), ...(podTemplate.spec.volumes ?? [])];
  const operations = jsonPatch.compare(object, pod);
  const patch = JSON.stringify(operations);
  response.json({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') },
  });
  const durationMs = performance.now() - startMs;
  requests.inc({ webhook: 'pods', outcome: 'patched', code: 200 });
  durations.observe({ webhook: 'pods' }, durationMs / 1000);
  patchBytes.observe(patch.length);
  const { name, generateName, ownerReferences } = pod.metadata;
  const review = { uid, webhook: 'pods', namespace, name: name ?? generateName, ownerKind: ownerReferences?.[0]?.kind };
  const end = {
    operation,
    dryRun,
    outcome: 'patched',
    code: 200,
    patchOps: operations.length,
    patchBytes: patch.length,
  };
  logger.info({ ...review, ...end, durationMs }, 'review');
});

https.createServer({ key, cert: certificate, keepAliveTimeout: 120_000 }, app).listen(port, '127.0.0.1');
