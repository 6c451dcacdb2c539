import { deepFreeze, field, objectField, own } from '../json.ts';
import type { JsonObject, MutableJsonObject } from '../json.ts';
import { covers } from '../kubernetes/compare.ts';
import { containerSchema } from '../kubernetes/schema.ts';
import type { Problem } from '../problem.ts';
import type { ResourcePresets, Settings } from '../settings.ts';
import type { Lifecycle, Template } from '../template.ts';
import type { AddedContainer } from './compile.ts';
import type { ContainerList, PodView } from './pod-view.ts';

/** A container that a template brings, and where it goes in this pod (specification §7). */
export interface PlannedContainer {
  readonly name: string;
  readonly list: 'containers' | 'initContainers';
  /** Before the pod's own init containers. */
  readonly first: boolean;
  /** An init container with `restartPolicy: Always` that the template has among its containers. */
  readonly native: boolean;
  /** As it is added, or was in an earlier round: presets filled in. Frozen. */
  readonly value: JsonObject;
  /** `present`: the pod has it already (§10). */
  readonly state: 'add' | 'present' | 'conflict';
  /** Of all that the mark knows: `containers[log-shipper]`. */
  readonly unit: string;
}

/** The containers that a template brings to a pod that will have this `restartPolicy`, in its own order. */
export function planContainers(
  template: Template,
  view: PodView,
  restartPolicy: string,
  settings: Settings,
): readonly PlannedContainer[] {
  const { compiled, sidecars } = template;
  const first = sidecars.initOrder === 'First';
  const runsToCompletion = restartPolicy === 'Never' || restartPolicy === 'OnFailure';
  const inits = compiled.initContainers.map((container) =>
    plan(container.value, { container, list: 'initContainers', first, native: false, template, view }),
  );
  const others = compiled.sidecars.map((container) => {
    const lifecycle = sidecars.lifecycleByName.get(container.name) ?? sidecars.lifecycle;
    const native = isNative(container, lifecycle, runsToCompletion);
    const list = native ? 'initContainers' : 'containers';
    const written = native ? asNative(container.value) : container.value;
    return plan(written, { container, list, first, native, template, view }, settings);
  });
  return [...inits, ...others];
}

function isNative(container: AddedContainer, lifecycle: Lifecycle, runsToCompletion: boolean): boolean {
  // Its own restartPolicy says how it wants to be run.
  if ((own(container.value, 'restartPolicy') ?? null) !== null) return false;
  return lifecycle === 'Native' || (lifecycle === 'Auto' && runsToCompletion);
}

const natives = new WeakMap<JsonObject, JsonObject>();

/** The container as a native sidecar: made once, since all requests share it. */
function asNative(container: JsonObject): JsonObject {
  let native = natives.get(container);
  if (native === undefined) {
    native = deepFreeze({ ...container, restartPolicy: 'Always' });
    natives.set(container, native);
  }
  return native;
}

interface Placement {
  readonly container: AddedContainer;
  readonly list: 'containers' | 'initContainers';
  readonly first: boolean;
  readonly native: boolean;
  readonly template: Template;
  readonly view: PodView;
}

function plan(written: JsonObject, placement: Placement, settings?: Settings): PlannedContainer {
  const { container, list, first, native, template, view } = placement;
  const { name } = container;
  const there = view.byName.get(name);
  const filled = settings === undefined ? written : withPresets(written, template.sidecars.resources, settings);
  const planned = { name, list, first, native, value: deepFreeze(filled), unit: `${list}[${name}]` };
  if (there === undefined) return { ...planned, state: 'add' };
  if (there.list === list && covers(containerSchema, there.value, written)) return { ...planned, state: 'present' };
  // Another webhook may have changed or moved it since, or another replica placed it by another generation of the template.
  const marked = view.mark?.brought.get(template.id);
  const isOurs = marked?.has(`containers[${name}]`) === true || marked?.has(`initContainers[${name}]`) === true;
  if (isOurs && isListed(there.list)) {
    return { ...planned, list: there.list, unit: `${there.list}[${name}]`, state: 'present' };
  }
  return { ...planned, state: 'conflict' };
}

function isListed(list: ContainerList): list is 'containers' | 'initContainers' {
  return list !== 'ephemeralContainers';
}

/** For cpu and memory each: where a sidecar sets neither request nor limit, both come from the presets (§7). */
function withPresets(container: JsonObject, presets: ResourcePresets | undefined, settings: Settings): JsonObject {
  const resources = objectField(container, 'resources');
  const parts = { requests: {}, limits: {} } as Record<'requests' | 'limits', MutableJsonObject>;
  for (const name of ['cpu', 'memory']) {
    const isSet = (['requests', 'limits'] as const).some((part) => field(field(resources, part), name) !== undefined);
    if (isSet) continue;
    const has = (source: ResourcePresets | undefined): boolean =>
      source?.requests?.[name] !== undefined || source?.limits?.[name] !== undefined;
    const source = has(presets) ? presets : settings.sidecarResources;
    for (const part of ['requests', 'limits'] as const) {
      const amount = source?.[part]?.[name];
      if (amount !== undefined) parts[part][name] = amount;
    }
  }
  if (Object.keys({ ...parts.requests, ...parts.limits }).length === 0) return container;
  const filled: MutableJsonObject = { ...resources };
  for (const part of ['limits', 'requests'] as const) {
    const merged = { ...objectField(resources, part), ...parts[part] };
    if (Object.keys(merged).length > 0) filled[part] = merged;
  }
  return { ...container, resources: filled };
}

/** The pod has a container of that name, and it isn't the template's (PG012). */
export function containerConflict(container: PlannedContainer, view: PodView, template: Template): Problem {
  const there = view.byName.get(container.name);
  const place = there === undefined ? [container.list] : [there.list, there.index];
  return {
    code: 'PG012',
    field: ['spec', ...place, 'name'],
    value: container.name,
    detail: `the pod has a container of that name and template ${template.id} adds another; rename yours or drop the template`,
    template: template.id,
  };
}
