import type { JsonObject } from '../../core/json.ts';
import { expectedWebhooks } from './expected-webhooks.ts';
import { unseen, worstOf } from './finding.ts';
import type { Finding, Seen } from './finding.ts';
import { describeBackend, nameOf, webhooksOf } from './our-webhooks.ts';
import { webhookRows } from './webhook-rows.ts';

const install = 'bring it back: helm upgrade --install, with the values of the release';
const asCharted =
  'put it back as the chart writes it: helm upgrade --install (Helm 4: --force-conflicts where somebody else has taken a field over)';

/** Judges each webhook that a release should have: there, and as the chart writes it. */
export function judgeWebhooks(configurations: Seen<readonly JsonObject[]>): readonly Finding[] {
  const what = 'MutatingWebhookConfiguration of podgraft';
  if (configurations.kind === 'unseen') return [unseen(what, configurations.why)];
  if (configurations.kind === 'absent' || configurations.value.length === 0) {
    return [{ what, state: 'broken', detail: 'there is none, so the API server never asks podgraft', todo: install }];
  }
  return configurations.value.flatMap(judgeConfiguration);
}

function judgeConfiguration(configuration: JsonObject): readonly Finding[] {
  const live = webhooksOf(configuration);
  return expectedWebhooks.map((expected): Finding => {
    const what = `webhook ${expected.name} of MutatingWebhookConfiguration ${nameOf(configuration)}`;
    const found = live.find(({ name }) => name === expected.name);
    if (found === undefined) {
      const who = expected.isForCovered ? 'match one' : 'name a template';
      return {
        what,
        state: 'broken',
        detail: `it is not there: pods that ${who} start without podgraft`,
        todo: install,
      };
    }
    const deviations = webhookRows.flatMap(({ state, deviation }) => {
      const detail = deviation(found, expected);
      return detail === undefined ? [] : [{ state, detail, todo: asCharted }];
    });
    const detail = `as the chart writes it; calls ${describeBackend(found.backend)}`;
    return worstOf(what, deviations) ?? { what, state: 'ok', detail };
  });
}
