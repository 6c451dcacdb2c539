import { arrayField, field, stringField } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { apiVersion } from '../../core/keys.ts';
import { schemaGaps } from './crd-schema.ts';
import { unseen, worstOf } from './finding.ts';
import type { Finding, Seen } from './finding.ts';

const [group, version] = apiVersion.split('/');
export const crdName = `injectiontemplates.${group}`;
const what = `CustomResourceDefinition ${crdName}`;
/** What to do where the cluster doesn't know InjectionTemplates, or not as we do. */
export const installCrd =
  'install it: helm upgrade --install, or kubectl apply --server-side -f charts/podgraft/files/injectiontemplate.yaml';
const maxGaps = 3;

/** Judges the CustomResourceDefinition: there, established, our version served, a schema that drops nothing of ours. */
export function judgeCrd(crd: Seen<JsonObject>): Finding {
  switch (crd.kind) {
    case 'unseen':
      return unseen(what, crd.why);
    case 'absent':
      return {
        what,
        state: 'broken',
        detail: 'it is not there, so nobody can register an InjectionTemplate',
        todo: installCrd,
      };
    case 'seen':
      return judge(crd.value);
  }
}

function judge(crd: JsonObject): Finding {
  const found = arrayField(field(crd, 'spec'), 'versions').find((each) => stringField(each, 'name') === version);
  const deviations: Omit<Finding, 'what'>[] = [];
  for (const type of ['NamesAccepted', 'Established']) {
    const condition = arrayField(field(crd, 'status'), 'conditions').find((each) => stringField(each, 'type') === type);
    if (stringField(condition, 'status') === 'True') continue;
    const said = stringField(condition, 'message') ?? 'the API server has not said so yet';
    const todo = 'wait a moment; a resource of the same name or short name must go';
    deviations.push({ state: 'broken', detail: `its condition ${type} is not True: ${said}`, todo });
  }
  if (found === undefined || field(found, 'served') !== true) {
    deviations.push({
      state: 'broken',
      detail: `it does not serve ${version}, which this podgraft reads`,
      todo: installCrd,
    });
  } else {
    if (field(field(found, 'subresources'), 'status') === undefined) {
      const detail = 'it has no status subresource, so nobody learns whether a template is accepted';
      deviations.push({ state: 'warn', detail, todo: installCrd });
    }
    const gaps = schemaGaps(field(field(found, 'schema'), 'openAPIV3Schema'));
    const more = gaps.length > maxGaps ? ` and ${gaps.length - maxGaps} more` : '';
    const detail = `its schema is not this podgraft's: it lacks ${gaps.slice(0, maxGaps).join(', ')}${more}; the API server drops or refuses what a schema lacks`;
    if (gaps.length > 0) deviations.push({ state: 'warn', detail, todo: `its release may be older: ${installCrd}` });
  }
  const worst = worstOf(what, deviations);
  return worst ?? { what, state: 'ok', detail: `established, and serves ${version} with all that this podgraft reads` };
}
