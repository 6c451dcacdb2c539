import { equal, field, isArray, isObject, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { defaultImagePullPolicy } from '../../src/core/kubernetes/compare.ts';
import { tokenVolume } from './api-server.ts';

// Rule zero (specification §6), told again without the merge's own code: everything that the pod set is in the result,
// apart from what the second table of §6 says the API server had put there.

/** Field → the value that the API server puts there. */
const serverValues: Readonly<Record<string, Json>> = {
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  terminationGracePeriodSeconds: 30,
  enableServiceLinks: true,
  serviceAccountName: 'default',
  restartPolicy: 'Always',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};
const keyFields = ['name', 'mountPath', 'containerPort', 'ip', 'topologyKey', 'key'];
const ours = new Set(['podgraft.dev/injected', 'podgraft.dev/grafted']);

/** The paths of the pod's own values that the result doesn't have; empty where rule zero holds. */
export function lost(before: JsonObject, after: JsonObject): readonly string[] {
  const found: string[] = [];
  compare(before, after, '', found);
  return found;
}

function compare(before: Json, after: Json | undefined, path: string, found: string[]): void {
  if (isObject(before)) {
    for (const key of Object.keys(before)) {
      const inner = before[key] ?? null;
      const place = `${path}.${key}`;
      if (!isServers(before, key, place)) compare(inner, field(after, key), place, found);
    }
  } else if (isArray(before)) {
    for (const element of before) {
      if (!isServersElement(element)) compareElement(before, element, after, path, found);
    }
  } else if (before !== null && !equal(before, after)) {
    found.push(path);
  }
}

function isServers(holder: JsonObject, key: string, path: string): boolean {
  if (ours.has(key)) return true;
  if (key === 'imagePullPolicy') return holder[key] === defaultImagePullPolicy(stringField(holder, 'image'));
  if ((key === 'priority' || key === 'preemptionPolicy') && path === `.spec.${key}`) {
    return stringField(holder, 'priorityClassName') === undefined;
  }
  // Pods of the generators have only limits of their own; what they request as a whole, the server has derived.
  if (path === '.spec.serviceAccount' || path === '.spec.resources.requests') return true;
  return Object.hasOwn(serverValues, key) && equal(holder[key], serverValues[key]);
}

function isServersElement(element: Json): boolean {
  if (equal(element, tokenVolume) || field(element, 'name') === tokenVolume['name']) return true;
  const key = stringField(element, 'key');
  return (
    key?.startsWith('node.kubernetes.io/') === true &&
    field(element, 'effect') === 'NoExecute' &&
    field(element, 'tolerationSeconds') === 300
  );
}

function compareElement(
  list: readonly Json[],
  element: Json,
  after: Json | undefined,
  path: string,
  found: string[],
): void {
  const others = isArray(after) ? after : [];
  if (path.endsWith('.nodeSelectorTerms')) {
    // ANDed: some term of the result has all that this one asks for.
    const isKept = others.some((other) =>
      requirementsOf(element).every((one) => requirementsOf(other).some((two) => equal(one, two))),
    );
    if (!isKept) found.push(path);
    return;
  }
  if (others.some((other) => equal(other, element))) return;
  const key = keyFields.find((candidate) => field(element, candidate) !== undefined);
  const namesakes = (of: readonly Json[]): readonly Json[] =>
    key === undefined
      ? []
      : of.filter(
          (other) => equal(field(other, key), field(element, key)) && equal(protocol(other), protocol(element)),
        );
  // The same one of several that share a key.
  const [counterpart] = namesakes(others).slice(namesakes(list).indexOf(element));
  if (counterpart === undefined) found.push(`${path}[${key ?? ''}]`);
  else compare(element, counterpart, `${path}[]`, found);
}

function protocol(element: Json): Json {
  return field(element, 'protocol') ?? 'TCP';
}

function requirementsOf(term: Json): readonly Json[] {
  const list = field(term, 'matchExpressions');
  return isArray(list) ? list : [];
}
