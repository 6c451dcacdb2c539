import { arrayField, field, isObject, objectField, own, setOwn, stringField } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import { resourcePairs } from '../kubernetes/incompatible-resources.ts';
import type { Problem } from '../problem.ts';
import type { Grafted } from './checks.ts';
import { renewableRequests } from './derived-requests.ts';
import type { PodView } from './pod-view.ts';

/** What the LimitRanger plugin of the API server says that it has done to a pod. */
const annotation = 'kubernetes.io/limit-ranger';
const done = /^(?:LimitRanger plugin set: )?(.+) (request|limit) for (?:init )?container (\S+)$/;

interface Defaults {
  readonly requests: JsonObject;
  readonly limits: JsonObject;
}

/**
 * What a LimitRange of the namespace gives to containers that don't say it themselves, as far as the pod shows it: the
 * plugin names what it has filled in (`cpu, memory request for container main; …`), and there stands how much.
 */
function limitRangeDefaults(view: PodView): Defaults | undefined {
  const said = stringField(view.annotations, annotation);
  if (said === undefined) return undefined;
  const defaults = { requests: {} as MutableJsonObject, limits: {} as MutableJsonObject };
  for (const each of said.split('; ')) {
    const [, names = '', part, container = ''] = done.exec(each) ?? [];
    const list = part === 'request' ? 'requests' : 'limits';
    const filled = objectField(field(view.byName.get(container)?.value, 'resources'), list);
    for (const name of names.split(', ')) {
      const amount = own(filled, name);
      if (amount !== undefined) setOwn(defaults[list], name, amount);
    }
  }
  return defaults;
}

/**
 * What Kubernetes would refuse only when a LimitRange has filled in what the added containers leave open: it does that
 * when our patch is in. A LimitRange that the pod doesn't show can't be known here.
 */
export function checkLimitRange({ view, result, contributions }: Grafted): readonly Problem[] {
  const adding = contributions.filter(({ added }) => added.some(({ state }) => state === 'add'));
  const by = adding.at(-1)?.template.id;
  const defaults = by === undefined ? undefined : limitRangeDefaults(view);
  if (by === undefined || defaults === undefined) return [];
  const names = new Set(adding.flatMap(({ added }) => added.map(({ name }) => name)));
  const before = objectField(result, 'spec');
  const after = filledSpec(before, names, defaults, renewableRequests(view.spec, contributions));
  const problems: Problem[] = [];
  for (const row of resourcePairs) {
    const detail = `${row.says} when a LimitRange of the namespace has filled in what template ${by} leaves open; set resources in the template, or drop it`;
    const at = (row.fields[0] ?? '').split('.');
    if (row.scope === 'pod') {
      if (row.test(before, undefined) || !row.test(after, undefined)) continue;
      problems.push({ code: 'PG020', field: ['spec', ...at], detail, template: by });
      continue;
    }
    for (const list of lists) {
      arrayField(after, list).forEach((container, index) => {
        const written = arrayField(before, list)[index];
        if (container === written || !isObject(container) || !isObject(written)) return;
        if (row.test(before, written) || !row.test(after, container)) return;
        problems.push({ code: 'PG021', field: ['spec', list, index, ...at], detail, template: by });
      });
    }
  }
  return problems;
}

const lists = ['containers', 'initContainers'] as const;

/** The spec as LimitRanger will leave it, without those of the pod's own requests that the server will derive anew. */
function filledSpec(
  spec: JsonObject,
  names: ReadonlySet<string>,
  defaults: Defaults,
  renewable: ReadonlySet<string>,
): JsonObject {
  const result: MutableJsonObject = { ...spec };
  for (const list of lists) {
    if (!Object.hasOwn(spec, list)) continue;
    result[list] = arrayField(spec, list).map((container) =>
      names.has(stringField(container, 'name') ?? '') && isObject(container) ? fill(container, defaults) : container,
    );
  }
  const resources = field(spec, 'resources');
  if (!isObject(resources) || renewable.size === 0) return result;
  const requests = Object.entries(objectField(resources, 'requests')).filter(([name]) => !renewable.has(name));
  result['resources'] = { ...resources, requests: Object.fromEntries(requests) };
  return result;
}

/** Defaulting comes before the plugin: a limit of the container's own is its request too. */
function fill(container: JsonObject, defaults: Defaults): Json {
  const resources = objectField(container, 'resources');
  const limits = objectField(resources, 'limits');
  return {
    ...container,
    resources: {
      ...resources,
      limits: { ...defaults.limits, ...limits },
      requests: { ...defaults.requests, ...limits, ...objectField(resources, 'requests') },
    },
  };
}
