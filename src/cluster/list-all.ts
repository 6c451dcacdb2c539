import { arrayField, isObject, objectField, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import type { ApiClient, ApiRequest } from './api-client.ts';
import { failure } from './api-failure.ts';
import type { ApiFailure } from './api-failure.ts';

/** Which objects, and how they are wanted. */
export interface ListRequest extends Pick<ApiRequest, 'what' | 'path' | 'advice'> {
  readonly query: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly signal?: AbortSignal;
}

export type Listed =
  | {
      readonly kind: 'listed';
      readonly items: readonly JsonObject[];
      /** Where a watch goes on from. */
      readonly resourceVersion: string;
    }
  | ApiFailure;

const pageSize = 500;
const timeoutMs = 60_000;
const maxPages = 10_000;

/**
 * Lists everything, 500 objects a page. Where the history goes while we page (410 with `continue`, T48), all is asked
 * for once more, in one answer, which can't be overtaken; what the pages brought is thrown away.
 */
export async function listAll(client: ApiClient, request: ListRequest): Promise<Listed> {
  const paged = await readPages(client, request, { limit: String(pageSize) });
  if (paged.kind !== 'overtaken') return paged;
  const whole = await readPages(client, request, {});
  return whole.kind === 'overtaken' ? whole.failure : whole;
}

async function readPages(
  client: ApiClient,
  { query, ...request }: ListRequest,
  paging: Readonly<Record<string, string>>,
): Promise<Listed | { readonly kind: 'overtaken'; readonly failure: ApiFailure }> {
  const asked = client.asked(request);
  const items: JsonObject[] = [];
  let token = '';
  for (let page = 0; page < maxPages; page += 1) {
    const continued = token === '' ? {} : { continue: token };
    const result = await client.get({ ...request, query: { ...query, ...paging, ...continued }, timeoutMs });
    if (result.kind === 'failed') {
      return result.reason === 'gone' && token !== '' ? { kind: 'overtaken', failure: result } : result;
    }
    const metadata = objectField(result.value, 'metadata');
    const resourceVersion = stringField(metadata, 'resourceVersion') ?? '';
    if (!Array.isArray(result.value['items']) || resourceVersion === '') {
      return failure(asked, 'garbage', 'the answer is no list');
    }
    for (const item of arrayField(result.value, 'items')) {
      if (!isObject(item)) return failure(asked, 'garbage', 'an element of the list is no object');
      items.push(item);
    }
    token = stringField(metadata, 'continue') ?? '';
    if (token === '') return { kind: 'listed', items, resourceVersion };
  }
  return failure(asked, 'garbage', 'the list has no end');
}
