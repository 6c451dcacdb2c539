import { field, isObject, objectField, own, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { parseJson } from './api-client.ts';

/** A line of a watch, understood. */
export type WatchEvent =
  | { readonly kind: 'put' | 'delete'; readonly object: JsonObject; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  /** The API server's own word that this watch is over. */
  | { readonly kind: 'error'; readonly status: number; readonly isGone: boolean; readonly retryAfterMs?: number }
  /** Nothing that the API promises. */
  | { readonly kind: 'garbage' };

const garbage: WatchEvent = { kind: 'garbage' };

/** Reads a line of a watch (metav1.WatchEvent). */
export function parseWatchEvent(line: string): WatchEvent {
  const event = parseJson(line);
  if (!isObject(event)) return garbage;
  const object = own(event, 'object');
  if (!isObject(object)) return garbage;
  const type = stringField(event, 'type');
  if (type === 'ERROR') return toError(object);
  const metadata = objectField(object, 'metadata');
  const resourceVersion = stringField(metadata, 'resourceVersion') ?? '';
  if (resourceVersion === '') return garbage;
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion };
  if ((stringField(metadata, 'name') ?? '') === '') return garbage;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'put', object, resourceVersion };
    case 'DELETED':
      return { kind: 'delete', object, resourceVersion };
    default:
      return garbage;
  }
}

function toError(status: JsonObject): WatchEvent {
  const code = own(status, 'code');
  const reason = stringField(status, 'reason');
  const seconds = field(own(status, 'details'), 'retryAfterSeconds');
  return {
    kind: 'error',
    status: typeof code === 'number' ? code : 500,
    isGone: code === 410 || reason === 'Expired' || reason === 'Gone',
    ...(typeof seconds === 'number' && seconds > 0 && { retryAfterMs: seconds * 1000 }),
  };
}
