import { waitFor } from '../../src/cluster/wait.ts';
import { isObject, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';

/** What an API server said: its status, 0 where nobody answered, and the object. */
export interface Said {
  readonly status: number;
  readonly body: JsonObject;
}

/** The API of a cluster, as its administrator. Never rejects. */
export interface Api {
  readonly call: (method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH', path: string, body?: Json) => Promise<Said>;
}

/** An API server answers after 34 s at most, whatever webhooks do. */
const answerMs = 40_000;

/** The API behind a `kubectl proxy`. */
export function openApi(url: string): Api {
  return {
    call: async (method, path, body) => {
      try {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: {
            Accept: 'application/json',
            'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
          },
          signal: AbortSignal.timeout(answerMs),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const json = (await response.json()) as Json;
        return { status: response.status, body: isObject(json) ? json : {} };
      } catch (error) {
        return { status: 0, body: { message: reasonOf(error) } };
      }
    },
  };
}

/** fetch says "fetch failed", and its cause why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? `no answer: ${cause.message}` : 'no answer';
}

/** What the server has against it, or says. */
export function messageOf({ status, body }: Said): string {
  return `${status === 0 ? '' : `HTTP ${status}: `}${(stringField(body, 'message') ?? 'no message').slice(0, 300)}`;
}

/** Makes an object, as soon as the server knows its kind; throws what it has against it after half a minute. */
export async function create(api: Api, collection: string, object: JsonObject): Promise<JsonObject> {
  return eventually(`${collection} has a new object`, async () => {
    const said = await api.call('POST', collection, object);
    return said.status === 201 ? said.body : messageOf(said);
  });
}

/** What `look` finds; throws the sentence that it says in place of it when it still does after half a minute. */
export async function eventually<T extends object>(what: string, look: () => Promise<T | string>): Promise<T> {
  const giveUpAtMs = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (typeof found !== 'string') return found;
    if (performance.now() > giveUpAtMs) throw new Error(`after half a minute it doesn't hold that ${what}: ${found}`);
    await waitFor(100, new AbortController().signal);
  }
}
