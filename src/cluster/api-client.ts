import type { IncomingMessage } from 'node:http';
import { isObject, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { readText, send } from './api-connection.ts';
import type { Connection } from './api-connection.ts';
import { failure, statusFailure } from './api-failure.ts';
import type { ApiFailure, Asked } from './api-failure.ts';
import { readLines } from './api-lines.ts';
import type { LinesEnd } from './api-lines.ts';

/** One request of the Kubernetes API. */
export interface ApiRequest {
  /** For messages, as a person would say it: `list InjectionTemplates`. */
  readonly what: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** What to do about failures, where that is not what one does in general. */
  readonly advice?: Asked['advice'];
  /** Whether nobody tries this one again. */
  readonly isOnce?: boolean;
}

export interface ApiChange extends ApiRequest {
  readonly body: Json;
}

/** How a patch is to be read. */
export type PatchType = 'application/json-patch+json' | 'application/merge-patch+json';

/** A watch: the head must come within `timeoutMs`, and each next byte within `idleMs`. */
export interface ApiWatch extends ApiRequest {
  readonly idleMs: number;
  /** Called with each line; `false` ends the watch. */
  readonly onLine: (line: string) => boolean;
}

export type ApiResult = { readonly kind: 'ok'; readonly value: JsonObject } | ApiFailure;

/** The Kubernetes API as raw JSON: nothing passes through typed classes, which drop what they don't know (house §5.7). */
export interface ApiClient {
  /** The API server's address, for messages. */
  readonly server: string;
  /** How messages about a request begin and end. */
  readonly asked: (request: Pick<ApiRequest, 'what' | 'advice' | 'isOnce'>) => Asked;
  readonly get: (request: ApiRequest) => Promise<ApiResult>;
  readonly post: (request: ApiChange) => Promise<ApiResult>;
  readonly put: (request: ApiChange) => Promise<ApiResult>;
  readonly patch: (request: ApiChange, type: PatchType) => Promise<ApiResult>;
  readonly watch: (request: ApiWatch) => Promise<LinesEnd>;
}

/** Large enough for 500 templates of the largest size; more is no answer to anything that we ask. */
const maxAnswerBytes = 192 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;
const defaultTimeoutMs = 15_000;

/** Whose requests they are. */
export interface ApiCaller {
  readonly userAgent: string;
  /** Whether nobody tries again what brought nothing. */
  readonly isOnce: boolean;
}

/** Builds the client over `connect`, which is asked before each request, as credentials change. */
export function toApiClient(
  server: string,
  caller: ApiCaller,
  connect: () => Promise<Connection | { readonly message: string }>,
): ApiClient {
  const { userAgent } = caller;
  const toAsked: ApiClient['asked'] = ({ what, advice, isOnce = caller.isOnce }) => ({
    what,
    server,
    isOnce,
    ...(advice !== undefined && { advice }),
  });
  const open = async (
    method: string,
    request: ApiRequest & { readonly body?: Json },
    signal: AbortSignal,
    asked: Asked,
    contentType?: string,
  ): Promise<{ readonly kind: 'answered'; readonly response: IncomingMessage } | ApiFailure> => {
    const connection = await connect();
    if ('message' in connection) return failure(asked, 'credentials', connection.message);
    const { path, query = {}, accept = 'application/json', body } = request;
    const headers = {
      Accept: accept,
      'User-Agent': userAgent,
      ...(contentType !== undefined && { 'Content-Type': contentType }),
    };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answered = await send(connection, { method, path, query, headers, signal, ...text }, asked);
    if (answered.kind === 'failed') return answered;
    const { response } = answered;
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return answered;
    const said = await readText(response, maxErrorBytes, signal, asked);
    const says = typeof said === 'string' ? statusMessage(said) : undefined;
    return statusFailure(asked, status, response.headers['retry-after'], says);
  };

  const exchange = async (
    method: string,
    request: ApiRequest & { readonly body?: Json },
    contentType?: string,
  ): Promise<ApiResult> => {
    const asked = toAsked(request);
    const timeout = AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    const answered = await open(method, request, signal, asked, contentType);
    if (answered.kind === 'failed') return answered;
    const text = await readText(answered.response, maxAnswerBytes, signal, asked);
    if (typeof text !== 'string') return text;
    const value = parseJson(text);
    return isObject(value) ? { kind: 'ok', value } : failure(asked, 'garbage', 'the answer is no JSON object');
  };

  return {
    server,
    asked: toAsked,
    get: async (request) => exchange('GET', request),
    post: async (request) => exchange('POST', request, 'application/json'),
    put: async (request) => exchange('PUT', request, 'application/json'),
    patch: async (request, type) => exchange('PATCH', request, type),
    watch: async ({ idleMs, onLine, ...request }) => {
      const asked = toAsked(request);
      const end = new AbortController();
      const headTimer = setTimeout(
        () => end.abort(new DOMException('no answer', 'TimeoutError')),
        request.timeoutMs ?? defaultTimeoutMs,
      );
      const signal = request.signal === undefined ? end.signal : AbortSignal.any([request.signal, end.signal]);
      const answered = await open('GET', request, signal, asked);
      clearTimeout(headTimer);
      if (answered.kind === 'failed') return answered;
      return readLines(answered.response, { idleMs, onLine, signal, asked });
    },
  };
}

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function statusMessage(text: string): string | undefined {
  const status = parseJson(text);
  return isObject(status) ? stringField(status, 'message') : undefined;
}
