import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import fastJsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import { isObject, own, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';

/** What came back over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An admission response that an API server would accept, its patch decoded. */
export interface ReviewAnswer {
  readonly allowed: boolean;
  readonly patch: readonly Operation[];
  /** The object as the API server goes on with it. */
  readonly object: JsonObject;
  readonly status: JsonObject;
  readonly warnings: readonly string[];
  readonly auditAnnotations: JsonObject;
  readonly httpHeaders: IncomingHttpHeaders;
}

export interface ApiServerClient {
  /** A round trip whose answer must be right in all that contract C10–C19 says; throws what is wrong with it. */
  readonly review: (path: string, request: JsonObject) => Promise<ReviewAnswer>;
  readonly send: (path: string, body?: string | Buffer, options?: https.RequestOptions) => Promise<HttpAnswer>;
  /** How many connections were made so far. */
  readonly connections: () => number;
  readonly close: () => void;
}

/** A client that calls a webhook as an API server does: HTTP/1.1, one agent that keeps connections, `?timeout=`. */
export function apiServerClient(port: number, ca: string): ApiServerClient {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 25, ca, ALPNProtocols: ['http/1.1'] });
  let connections = 0;

  const send: ApiServerClient['send'] = async (path, body = '', options = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        'Content-Type': 'application/json',
        'User-Agent': 'kube-apiserver-admission',
        'Content-Length': Buffer.byteLength(body),
      };
      const request = https.request(
        { host: 'localhost', port, path, method: 'POST', agent, headers, ...options },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode: status = 0, headers: received } = response;
            resolve({ status, headers: received, body: Buffer.concat(chunks).toString('utf8') });
          });
        },
      );
      request.on('socket', () => {
        if (!request.reusedSocket) connections++;
      });
      request.on('error', reject);
      request.end(body);
    });

  return {
    send,
    review: async (path, request) => {
      const review = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request };
      const answer = await send(`${path}?timeout=3s`, JSON.stringify(review));
      return verify(answer, request);
    },
    connections: () => connections,
    close: () => agent.destroy(),
  };
}

const allowedOperations = ['add', 'replace', 'remove'];

function verify({ status, headers, body }: HttpAnswer, request: JsonObject): ReviewAnswer {
  demand(status === 200, `HTTP ${status}, only 200 is an answer (C10): ${body}`);
  demand(headers['content-type'] === 'application/json', 'the media type is JSON (C10)');
  demand(Buffer.byteLength(body) <= 512 * 1024, 'an answer has at most 512 KiB (C23)');
  const review = object(JSON.parse(body) as Json, 'the review');
  demand(own(review, 'apiVersion') === 'admission.k8s.io/v1', 'apiVersion is v1 (C11)');
  demand(own(review, 'kind') === 'AdmissionReview', 'kind is AdmissionReview (C11)');
  demand(own(review, 'request') === undefined, 'the request is not echoed (C11)');
  const response = object(own(review, 'response'), 'the response');
  demand(own(response, 'uid') === own(request, 'uid'), 'the uid is echoed (C11)');
  const allowed = own(response, 'allowed');
  demand(typeof allowed === 'boolean', 'allowed is true or false');
  const patch = decodePatch(response);
  demand(allowed || patch.length === 0, 'a refusal carries no patch');
  const pod = object(own(request, 'object') ?? {}, 'the object');
  return {
    allowed,
    patch,
    // As strictly as the API server: what can't be applied throws.
    object: fastJsonPatch.applyPatch(structuredClone(pod), structuredClone([...patch]), true).newDocument,
    status: verifyStatus(response, allowed),
    warnings: verifyWarnings(own(response, 'warnings')),
    auditAnnotations: verifyAnnotations(own(response, 'auditAnnotations')),
    httpHeaders: headers,
  };
}

function decodePatch(response: JsonObject): readonly Operation[] {
  const patch = own(response, 'patch');
  const patchType = own(response, 'patchType');
  demand((patch === undefined) === (patchType === undefined), 'patch and patchType come together (C12)');
  if (patch === undefined) return [];
  demand(patchType === 'JSONPatch', 'patchType is JSONPatch (C13)');
  demand(typeof patch === 'string' && patch !== '', 'a patch is text and not empty (C12)');
  demand(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(patch), 'padded base64 (C13)');
  const text = Buffer.from(patch, 'base64').toString('utf8');
  demand(Buffer.byteLength(text) <= 256 * 1024, 'a patch has at most 256 KiB (C23)');
  const operations = JSON.parse(text) as Operation[];
  demand(Array.isArray(operations) && operations.length > 0, 'a patch is a list that does something (C12)');
  for (const { op } of operations) demand(allowedOperations.includes(op), `no ${op} operations (C15)`);
  return operations;
}

function verifyStatus(response: JsonObject, allowed: boolean): JsonObject {
  const status = own(response, 'status');
  if (allowed) {
    demand(status === undefined, 'what is allowed has no status');
    return {};
  }
  const given = object(status, 'the status');
  demand(own(given, 'code') === 422 && own(given, 'reason') === 'Invalid', 'a refusal is 422 Invalid (C18)');
  const message = stringField(given, 'message') ?? '';
  demand(message !== '' && Buffer.byteLength(message) <= 1024, 'a message of at most 1 KiB (C17, S25)');
  demand(isClean(message), 'a message without control characters (S25)');
  return given;
}

function verifyWarnings(value: Json | undefined): readonly string[] {
  if (value === undefined) return [];
  demand(Array.isArray(value) && value.length > 0 && value.length <= 10, 'one to ten warnings');
  const warnings = (value as readonly Json[]).map(String);
  for (const warning of warnings) {
    demand([...warning].length <= 120, `a warning has at most 120 characters (C19): ${warning}`);
    demand(
      isClean(warning) && warning.isWellFormed() && warning !== '',
      'a control character makes a warning vanish (C19)',
    );
    demand(!warning.startsWith('Warning:'), 'no prefix (C19)');
  }
  demand(new Set(warnings).size === warnings.length, 'no warning twice (C19)');
  demand(Buffer.byteLength(warnings.join('')) <= 2048, 'warnings have at most 2 KiB (T31)');
  return warnings;
}

function verifyAnnotations(value: Json | undefined): JsonObject {
  if (value === undefined) return {};
  const annotations = object(value, 'the audit annotations');
  for (const [key, text] of Object.entries(annotations)) {
    demand(/^[A-Za-z0-9._-]{1,63}$/u.test(key), 'an audit key is one segment (C21)');
    demand(typeof text === 'string' && Buffer.byteLength(text) <= 1024, 'an audit value has at most 1 KiB (C21)');
  }
  return annotations;
}

function isClean(text: string): boolean {
  return !/[\u0000-\u001F\u007F]/u.test(text);
}

function object(value: Json | undefined, what: string): JsonObject {
  demand(isObject(value), `${what} is an object`);
  return value;
}

function demand(isFulfilled: boolean, rule: string): asserts isFulfilled {
  if (!isFulfilled) throw new Error(`an API server would not accept this: ${rule}`);
}
