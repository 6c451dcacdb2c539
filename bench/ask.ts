import https from 'node:https';
import jsonPatch from 'fast-json-patch';
import { arrayField, field, objectField, stringField } from '../src/core/json.ts';
import type { Json } from '../src/core/json.ts';
import { reviewUid } from './bodies.ts';
import type { Body } from './bodies.ts';
import { podTemplate } from './templates.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Posts one review over a connection of its own. */
export async function ask(port: number, ca: string, text: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const options = { method: 'POST', host: '127.0.0.1', port, path: '/mutate/pods', ca, headers, agent: false };
    const request = https.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(text);
  });
}

/** Why an answer is wrong, or undefined where it is right: the uid, and the sidecar where one is due. */
export function faultOf({ status, text }: Answer, body: Body, isPatched: boolean): string | undefined {
  if (status !== 200) return `HTTP ${status}`;
  const response = objectField(JSON.parse(text) as Json, 'response');
  if (response['uid'] !== reviewUid) return "the uid is not the request's";
  if (response['allowed'] !== true) return 'the pod is not allowed';
  const patch = stringField(response, 'patch');
  if (!isPatched) return patch === undefined ? undefined : 'there is a patch, and none is due';
  if (patch === undefined) return 'there is no patch';
  const pod = objectField(objectField(JSON.parse(body.text) as Json, 'request'), 'object');
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as Parameters<typeof jsonPatch.applyPatch>[1];
  const { newDocument } = jsonPatch.applyPatch(pod, operations, true, false);
  const spec = objectField(newDocument, 'spec');
  const [sidecar] = podTemplate.spec.containers;
  const isThere = arrayField(spec, 'containers').some((container) => field(container, 'name') === sidecar?.name);
  return isThere ? undefined : 'the patch does not add the sidecar';
}
