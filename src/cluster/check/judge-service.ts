import { arrayField, canonical, field, objectField, stringField } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Backend } from './facts.ts';
import { unseen } from './finding.ts';
import type { Finding, Seen } from './finding.ts';
import { describeBackend } from './our-webhooks.ts';

/** Judges the Service that webhooks call: there, with their port, and with replicas that are ready. */
export function judgeService({ reference, service }: Backend): readonly Finding[] {
  if (reference.kind === 'url' || service === undefined) return [];
  const { namespace, port } = reference;
  const what = describeBackend(reference);
  const { object, slices } = service;
  if (object.kind === 'unseen') return [unseen(what, object.why)];
  if (object.kind === 'absent') {
    const todo = 'bring it back: helm upgrade --install, with the values of the release';
    return [{ what, state: 'broken', detail: 'it is not there, and webhooks call it', todo }];
  }
  const spec = objectField(object.value, 'spec');
  if (stringField(spec, 'type') === 'ExternalName') {
    const detail = `it stands for ${stringField(spec, 'externalName') ?? 'nothing'}, outside the cluster`;
    return [{ what, state: 'ok', detail }];
  }
  if (!arrayField(spec, 'ports').some((each) => field(each, 'port') === port)) {
    const todo = 'let both have the same: helm upgrade --install';
    return [{ what, state: 'broken', detail: `it has no port ${port}, which webhooks call`, todo }];
  }
  return [judgeEndpoints(what, namespace, slices)];
}

function judgeEndpoints(what: string, namespace: string, slices: Seen<readonly JsonObject[]>): Finding {
  if (slices.kind === 'unseen') return unseen(`endpoints of ${what}`, slices.why);
  const all = slices.kind === 'absent' ? [] : slices.value.flatMap((slice) => arrayField(slice, 'endpoints'));
  // A replica with addresses of both families stands in a slice of each.
  const endpoints = [...new Map(all.map((endpoint) => [replicaOf(endpoint), endpoint])).values()];
  const ready = endpoints.filter((endpoint) => field(field(endpoint, 'conditions'), 'ready') !== false).length;
  const look = `see what its pods wait for: kubectl -n ${namespace} get pods; their port of probes says it at /readyz?verbose`;
  if (ready === 0) {
    const replicas =
      endpoints.length === 0 ? 'it has no replicas' : `none of its ${endpoints.length} replicas is ready`;
    return { what, state: 'broken', detail: `${replicas}, so nobody answers the API server`, todo: look };
  }
  const detail = `${ready} of ${endpoints.length} replicas ${ready === 1 ? 'is' : 'are'} ready`;
  return ready === endpoints.length ? { what, state: 'ok', detail } : { what, state: 'warn', detail, todo: look };
}

function replicaOf(endpoint: Json): string {
  return stringField(field(endpoint, 'targetRef'), 'name') ?? canonical(arrayField(endpoint, 'addresses'));
}
