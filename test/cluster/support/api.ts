import { inject } from 'vitest';
import { field, isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';

/** What the API server said. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: JsonObject;
  /** The texts of its Warning headers. */
  readonly warnings: readonly string[];
}

/** The cluster's API, as an administrator. */
export async function api(method: string, path: string, body?: Json): Promise<ApiAnswer> {
  const cluster = inject('cluster');
  if (cluster.kind === 'missing') throw new Error(cluster.sentence);
  const patchType = 'application/merge-patch+json';
  const response = await fetch(`${cluster.url}${path}`, {
    method,
    headers: { 'Content-Type': method === 'PATCH' ? patchType : 'application/json', Accept: 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: Json =
    response.headers.get('content-type')?.startsWith('application/json') === true
      ? (JSON.parse(text) as Json)
      : { message: text };
  return {
    status: response.status,
    body: isObject(parsed) ? parsed : { message: text },
    warnings: warningTexts(response.headers.get('warning') ?? ''),
  };
}

/** Of `299 - "first", 299 - "second \"quoted\""`. */
function warningTexts(header: string): readonly string[] {
  return [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}

/** Where an object's kind is kept: `/api/v1/namespaces/app/pods`. */
function collection(object: JsonObject): string {
  const apiVersion = stringField(object, 'apiVersion') ?? '';
  const kind = stringField(object, 'kind') ?? '';
  const namespace = stringField(objectField(object, 'metadata'), 'namespace');
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = `${kind.toLowerCase().replace(/s$/, 'se').replace(/y$/, 'ie')}s`;
  return namespace === undefined ? `${group}/${plural}` : `${group}/namespaces/${namespace}/${plural}`;
}

/** Creates an object; throws what the server has against it. */
export async function create(object: JsonObject): Promise<JsonObject> {
  const answer = await api('POST', collection(object), object);
  if (answer.status >= 300) throw new Error(`${answer.status} ${messageOf(answer)}`);
  return answer.body;
}

/** What the server would answer to the creation of an object. */
export async function dryRun(object: JsonObject): Promise<ApiAnswer> {
  return api('POST', `${collection(object)}?dryRun=All`, object);
}

/** An object that is there. */
export async function get(path: string): Promise<JsonObject> {
  const answer = await api('GET', path);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${messageOf(answer)}`);
  return answer.body;
}

/** The objects of a list. */
export async function list(path: string): Promise<readonly JsonObject[]> {
  const items = field(await get(path), 'items');
  return Array.isArray(items) ? (items as readonly Json[]).filter(isObject) : [];
}

/** Deletes what is there, and waits until it is gone. */
export async function remove(path: string): Promise<void> {
  await api('DELETE', `${path}?gracePeriodSeconds=0`);
  await eventually(`${path} is gone`, async () => ((await api('GET', path)).status === 404 ? true : undefined));
}

export function messageOf({ body }: ApiAnswer): string {
  return stringField(body, 'message') ?? '';
}

/** What `look` finds, as soon as it finds something; throws after a minute. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAtMs = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAtMs) throw new Error(`after a minute it doesn't hold yet: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
