import { readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { openDevelopmentCertificate } from '../../../src/certs/development-certificate.ts';
import { field, isObject, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { api, dryRun, eventually } from './api.ts';
import { newFolder } from './cluster.ts';
import { replaceConfiguration, webhookHost } from './podgraft.ts';

/** A mutating webhook that isn't podgraft, on real HTTPS. */
export interface OtherWebhook {
  /** The pods it was asked about, oldest first. */
  readonly pods: JsonObject[];
  readonly close: () => Promise<void>;
}

export interface OtherWebhookOptions {
  /** Of its configuration: these are called in the order of their names. */
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded';
  /** Its patch of a pod, RFC 6902 operations. */
  readonly mutate?: (pod: JsonObject) => readonly Json[];
}

/** Starts it and registers it; resolves when the API server calls it. */
export async function startOtherWebhook(options: OtherWebhookOptions): Promise<OtherWebhook> {
  const { name, namespaces, reinvocationPolicy = 'Never', mutate = () => [] } = options;
  const folder = await newFolder();
  const complain = (message: string): void => void process.stderr.write(`${message}\n`);
  const certificate = await openDevelopmentCertificate({ folder, names: [webhookHost], onProblem: complain });
  if (certificate.kind === 'failed') throw new Error(certificate.message);
  const { key, cert } = certificate.source.current();
  const pods: JsonObject[] = [];
  const server = https.createServer({ key, cert, keepAliveTimeout: 120_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = field(JSON.parse(Buffer.concat(chunks).toString()) as Json, 'request');
      const object = field(asked, 'object');
      const pod = isObject(object) ? object : {};
      pods.push(pod);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(toReview(stringField(asked, 'uid') ?? '', mutate(pod))));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, webhookHost === '127.0.0.1' ? '127.0.0.1' : '0.0.0.0', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const ca = await readFile(certificate.caPath);
  await replaceConfiguration({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'other.podgraft-test.dev',
        clientConfig: { url: `https://${webhookHost}:${port}/`, caBundle: ca.toString('base64') },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'], scope: 'Namespaced' },
        ],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        reinvocationPolicy,
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...namespaces] }],
        },
      },
    ],
  });
  const [namespace = ''] = namespaces;
  await eventually(`the API server calls ${name}`, async () => {
    const spec = { containers: [{ name: 'main', image: 'app:1' }] };
    await dryRun({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe', namespace }, spec });
    return pods.length > 0 ? true : undefined;
  });
  pods.length = 0;
  return {
    pods,
    close: async () => {
      await api('DELETE', `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${name}`);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      certificate.source.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function toReview(uid: string, patch: readonly Json[]): JsonObject {
  const patched = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, ...(patch.length > 0 && patched) },
  };
}
