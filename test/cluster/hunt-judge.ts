import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { objectField } from '../../src/core/json.ts';
import type { JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/parse-template.ts';
import { asking, namespace as namespaceInfo, settings } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import { api, create, dryRun, messageOf } from './support/api.ts';
import type { ApiAnswer } from './support/api.ts';
import { pod, templateDocuments } from './support/arbitrary.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';

/** How long cases are generated, in seconds; PROPERTY_SECONDS says another number. */
const timeLimitMs = Number(process.env['PROPERTY_SECONDS'] ?? '45') * 1000;
let namespace = '';
export const setNamespace = (n: string): void => { namespace = n; };


export async function judge(given: JsonObject, documents: readonly JsonObject[]): Promise<'refusedAlone' | 'invalid' | 'refused' | 'grafted'> {
  const templates = documents.flatMap((document) => {
    const parsed = parseTemplate(document, settings);
    return parsed.kind === 'template' ? [parsed.template] : [];
  });
  if (templates.length === 0) return 'invalid';
  const asked = asking(given, ...templates.map(({ name }) => name));
  const byHand: JsonObject = { ...asked, metadata: { ...objectField(asked, 'metadata'), namespace } };
  const alone = await dryRun(byHand);
  if (alone.status >= 300) return 'refusedAlone';

  const around = { namespace: namespaceInfo(namespace) };
  const arrived = decide(toPod(alone), templates, around);
  const written = decide(byHand, templates, around);
  expect(written.codes.toSorted(), 'by hand and as it arrives').toEqual(arrived.codes.toSorted());
  if (arrived.kind !== 'graft') return 'refused';

  const after = await dryRun(arrived.pod);
  expect(messageOf(after)).toBe('');
  const again = decide(toPod(after), templates, around);
  expect({ kind: again.kind, patch: again.patch, problems: again.problems }).toEqual({
    kind: 'graft',
    patch: [],
    problems: [],
  });
  return 'grafted';
}

/** The pod of an answer, as a webhook gets it: what only the server writes is not there yet. */
function toPod({ body }: ApiAnswer): JsonObject {
  const { status: _status, ...rest } = body;
  const metadata: MutableJsonObject = { ...objectField(rest, 'metadata') };
  for (const key of ['uid', 'creationTimestamp', 'resourceVersion', 'generation', 'managedFields']) delete metadata[key];
  return { ...rest, metadata };
}
