import { arrayField, field, objectField, own, stringField } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { unseen } from './finding.ts';
import type { Finding, Seen } from './finding.ts';
import { nameOf } from './our-webhooks.ts';

/** More than so many templates that are not in use are counted, not named. */
const maxNamed = 20;

/** Judges the templates: how many there are, and each that is not in use as it stands. */
export function judgeTemplates(
  injectionTemplates: Seen<readonly JsonObject[]>,
  podTemplates: Seen<readonly JsonObject[]>,
): readonly Finding[] {
  const what = 'InjectionTemplates';
  if (injectionTemplates.kind === 'unseen')
    return [unseen(what, injectionTemplates.why), ...judgePodTemplates(podTemplates)];
  // Without its kind there are none: that is said of the CustomResourceDefinition.
  const templates = injectionTemplates.kind === 'absent' ? [] : injectionTemplates.value;
  const findings = templates.flatMap((template) => judgeTemplate(template) ?? []);
  const accepted = templates.length - findings.length;
  const count = `${templates.length === 0 ? 'none' : templates.length} registered${templates.length === 0 ? '' : `, ${accepted} in use as they stand`}`;
  const rest = findings.length - maxNamed;
  const more: readonly Finding[] =
    rest > 0
      ? [{ what, state: 'warn', detail: `${rest} more are not in use as they stand`, todo: 'kubectl get injt -A' }]
      : [];
  return [
    { what, state: 'ok', detail: count },
    ...findings.slice(0, maxNamed),
    ...more,
    ...judgePodTemplates(podTemplates),
  ];
}

function judgePodTemplates(podTemplates: Seen<readonly JsonObject[]>): readonly Finding[] {
  const what = 'PodTemplates labelled as templates';
  if (podTemplates.kind === 'unseen') return [unseen(what, podTemplates.why)];
  if (podTemplates.kind === 'absent' || podTemplates.value.length === 0) return [];
  return [{ what, state: 'ok', detail: `${podTemplates.value.length} registered` }];
}

/** Undefined where the template is in use as it stands. */
function judgeTemplate(template: JsonObject): Finding | undefined {
  const metadata = objectField(template, 'metadata');
  const what = `InjectionTemplate ${stringField(metadata, 'namespace') ?? ''}/${nameOf(template)}`;
  const status = objectField(template, 'status');
  const accepted = arrayField(status, 'conditions').find((condition) => stringField(condition, 'type') === 'Accepted');
  const late = 'a replica that holds the Lease writes it, within seconds: see that podgraft runs, and what it logs';
  if (accepted === undefined) return { what, state: 'warn', detail: 'it has no status yet', todo: late };
  if (own(status, 'observedGeneration') !== own(metadata, 'generation')) {
    return { what, state: 'warn', detail: 'its status is about an older version of it', todo: late };
  }
  if (field(accepted, 'status') === 'True') return undefined;
  const reason = stringField(accepted, 'reason') ?? 'Unknown';
  const detail = `it is not accepted (${reason}): ${stringField(accepted, 'message') ?? 'no message'}`;
  const todo =
    reason === 'Invalid'
      ? 'mend it (podgraft lint says the places), and apply it again'
      : 'rename or remove it, or what it collides with';
  return { what, state: 'warn', detail, todo };
}
