import { arrayField, field, isObject, objectField, stringField } from '../../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../../src/core/json.ts';
import { eventually, list } from '../../support/api.ts';
import { kubectl } from '../../support/cluster.ts';

/** The first pod of a namespace with a label, as soon as it is as `isAsWanted` says. */
export async function podWhen(
  namespace: string,
  label: string,
  isAsWanted: (pod: JsonObject) => boolean,
): Promise<JsonObject> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(label)}`;
  let last: JsonObject | undefined;
  return eventually(`a pod with ${label} is as wanted`, async () => {
    last = (await list(path)).find(isObject);
    return last !== undefined && isAsWanted(last) ? last : undefined;
  }).catch((error: unknown) => {
    throw new Error(JSON.stringify(last?.['status'] ?? 'there is no such pod'), { cause: error });
  });
}

/** Pending, Running, Succeeded, Failed. */
export function phaseOf(pod: JsonObject): string | undefined {
  return stringField(objectField(pod, 'status'), 'phase');
}

/** What a container is doing: `running`, `waiting`, or how it ended, as its exit code; of any list. */
export function stateOf(pod: JsonObject, name: string): Json | undefined {
  const status = objectField(pod, 'status');
  const all = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => arrayField(status, key));
  const state = objectField(
    all.find((each) => stringField(each, 'name') === name),
    'state',
  );
  return isObject(state['terminated']) ? field(state['terminated'], 'exitCode') : Object.keys(state)[0];
}

/** What a container has printed. */
export async function logOf(pod: JsonObject, name: string): Promise<string> {
  const metadata = objectField(pod, 'metadata');
  const which = [stringField(metadata, 'name') ?? '', '--namespace', stringField(metadata, 'namespace') ?? ''];
  return (await kubectl(['logs', ...which, '--container', name])).output;
}
