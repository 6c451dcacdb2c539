import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/parse-template.ts';
import { asking, namespace as namespaceInfo, settings } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import { api, create, dryRun, messageOf } from './support/api.ts';
import { pod, templateDocuments } from './support/arbitrary.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startOtherWebhook } from './support/other-webhook.ts';
import type { OtherWebhook } from './support/other-webhook.ts';

/** How long cases are generated, in seconds; PROPERTY_SECONDS says another number. */
const timeLimitMs = Number(process.env['PROPERTY_SECONDS'] ?? '45') * 1000;
let namespace = '';
export const setup = (n: string, a: OtherWebhook): void => { namespace = n; arrivals = a; };
let arrivals: OtherWebhook;
let count = 0;


export async function judge(given: JsonObject, documents: readonly JsonObject[]): Promise<'refusedAlone' | 'invalid' | 'refused' | 'grafted'> {
  const templates = documents.flatMap((document) => {
    const parsed = parseTemplate(document, settings);
    return parsed.kind === 'template' ? [parsed.template] : [];
  });
  if (templates.length === 0) return 'invalid';
  const asked = asking(given, ...templates.map(({ name }) => name));
  const name = `pod-${++count}`;
  const byHand: JsonObject = { ...asked, metadata: { ...objectField(asked, 'metadata'), name, namespace } };
  const alone = await dryRun(byHand);
  if (alone.status >= 300) return 'refusedAlone';

  const around = { namespace: namespaceInfo(namespace) };
  const arrived = decide(arrivedAs(name), templates, around);
  const written = decide(byHand, templates, around);
  expect(written.codes.toSorted(), 'by hand and as it arrives').toEqual(arrived.codes.toSorted());
  if (arrived.kind !== 'graft') return 'refused';

  const after = await dryRun(arrived.pod);
  if (after.status >= 300) throw new Error(messageOf(after));
  const again = decide(arrivedAs(name), templates, around);
  expect({ kind: again.kind, patch: again.patch, problems: again.problems }).toEqual({
    kind: 'graft',
    patch: [],
    problems: [],
  });
  return 'grafted';
}

/** The pod as the server handed it to a webhook, defaulted and not yet judged. */
function arrivedAs(name: string): JsonObject {
  const found = arrivals.pods.findLast((pod) => stringField(objectField(pod, 'metadata'), 'name') === name);
  if (arrivals.pods.length > 200) arrivals.pods.splice(0, 100);
  if (found === undefined) throw new Error(`${name} came to no webhook`);
  return found;
}
