import type { JsonObject } from '../../../src/core/json.ts';
import { injectionTemplate } from '../../support/fixtures.ts';

/** Files of templates, one each, named after it. */
export function templateFiles(...documents: readonly JsonObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries(documents.map((document, index) => [`templates/${index}.json`, JSON.stringify(document)]));
}

/** One more container, `shipper`. */
export const logShipper = injectionTemplate('log-shipper', {
  spec: { containers: [{ name: 'shipper', image: 'shipper:1' }] },
});

/** One more label. */
export const labels = injectionTemplate('labels', { metadata: { labels: { from: 'template' } } });
