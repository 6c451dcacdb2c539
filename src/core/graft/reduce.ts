import { formatPath } from '../field-path.ts';
import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isArray, isObject, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { sameValue } from '../kubernetes/compare.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import { isUnset } from '../kubernetes/schema.ts';
import type { Problem } from '../problem.ts';
import type { Template } from '../template.ts';
import { findPlace, hasMember, indexOf, knownPart } from './ask-place.ts';
import type { OpenPath } from './ask-place.ts';
import type { Ask, ElementAsk, MemberAsk, ValueAsk } from './asks.ts';
import { derivedRequests } from './derived-requests.ts';
import { malformed } from './pod-view.ts';
import type { PodView } from './pod-view.ts';
import { countsAsUnset, isTokenMount } from './server-owned.ts';

/** What an ask comes to in one pod. */
export interface Granted {
  /** The ask's unit from the pod's root: `containers[main].env[A]`. Equal units are the same thing. */
  readonly unit: string;
  readonly ask: Ask;
  /**
   * `add`, `append`, `front`, `replace`: the pod gains it; `settled`: the API server's default already says the same,
   * but no other template may say otherwise; `present`: the pod has it; `terms`: to be ANDed with the pod's.
   */
  readonly state: 'add' | 'append' | 'front' | 'replace' | 'settled' | 'present' | 'terms';
  /** Of the field; of the list for `append` and `front`. */
  readonly path: OpenPath;
}

/** What a template comes to in one pod, before it is held against other templates. */
export interface Reduction {
  readonly granted: Granted[];
  readonly kept: FieldPath[];
  readonly problems: Problem[];
  readonly warnings: string[];
}

/** The pod, or one of its containers: what a list of asks is for. */
export interface Target {
  readonly value: JsonObject;
  readonly path: FieldPath;
  /** What a unit's name begins with: empty for the pod, `containers[main].` for a container. */
  readonly prefix: string;
}

interface Context {
  readonly target: Target;
  readonly view: PodView;
  readonly template: Template;
  readonly unit: string;
  readonly path: OpenPath;
  readonly into: Reduction;
}

/**
 * Reduces what a template asks of a target to what it would add to it (specification §6): the pod's own values stand,
 * what the API server has put there counts as unset, what the mark lists under this template is left alone.
 */
export function reduce(asks: readonly Ask[], target: Target, view: PodView, template: Template, into: Reduction): void {
  for (const ask of asks) {
    const place = findPlace(target.value, target.path, ask.path);
    if (place.kind === 'malformed') {
      reportMalformed(place.path, template, into);
      continue;
    }
    const { path, value } = place;
    const context: Context = { target, view, template, unit: target.prefix + ask.unit, path, into };
    if (ask.kind === 'value') {
      reduceValue(ask, value, context);
      continue;
    }
    if (value !== undefined && value !== null && !isArray(value)) {
      reportMalformed(knownPart(path), template, into);
      continue;
    }
    const list = isArray(value) ? value : [];
    switch (ask.kind) {
      case 'element':
        reduceElement(ask, list, context);
        break;
      case 'member':
        reduceMember(ask, list, context);
        break;
      case 'nodeTerms':
        grant(ask, 'terms', context);
        break;
    }
  }
}

function reportMalformed(path: FieldPath, template: Template, into: Reduction): void {
  const detail = `template ${template.id} has something to add here, and the pod has another type here than Kubernetes`;
  into.problems.push({ ...malformed(path, detail), template: template.id });
}

function grant(ask: Ask, state: Granted['state'], context: Context): void {
  context.into.granted.push({ unit: context.unit, ask, state, path: context.path });
}

function isMarked({ view, template, unit }: Context): boolean {
  return view.mark?.brought.get(template.id)?.has(unit) === true;
}

function reduceValue(ask: ValueAsk, found: Json | undefined, context: Context): void {
  const { view } = context;
  const isAbsent = isUnset(ask.field, found);
  const value = isAbsent ? impliedValue(ask, context) : found;
  if (isUnset(ask.field, value)) {
    if (breaksResources(ask, context)) {
      context.into.warnings.push(
        `${formatPath(knownPart(context.path))} of template ${context.template.id} left out: limit below request`,
      );
      return;
    }
    grant(ask, 'add', context);
    return;
  }
  const isServers = countsAsUnset(ask.type, value, holderOf(ask, context), view) || isDerivedRequest(ask, context);
  if (sameValue(ask.field.schema, value, ask.value)) {
    grant(ask, isServers ? 'settled' : 'present', context);
  } else if (isServers) {
    grant(ask, isAbsent ? 'add' : 'replace', context);
  } else if (isMarked(context)) {
    grant(ask, 'present', context);
  } else if (ask.differs === 'conflict') {
    conflict(ask, context);
  } else {
    // A controller's pod restarts as the controller says: no template's policy can change that.
    const isControllers = ask.type === 'PodSpec.restartPolicy' && view.controlled;
    stand(context, isControllers ? 'KeepPod' : context.template.conflictPolicy);
  }
}

/**
 * What the pod says in another place, and the API server would write here: the account's old alias, a limit as the request,
 * the restartPolicy that a controller's pod has if its controller says nothing.
 */
function impliedValue(ask: ValueAsk, { view, target }: Context): Json | undefined {
  switch (ask.type) {
    case 'PodSpec.serviceAccountName':
      return own(view.spec, 'serviceAccount');
    case 'PodSpec.restartPolicy':
      return view.controlled ? 'Always' : undefined;
    case 'ResourceRequirements.requests':
      return amountAt(target, 'limits', ask);
    default:
      return undefined;
  }
}

/** What has the field: for a port's the port, else the pod or the container. */
function holderOf(ask: ValueAsk, { target, path }: Context): JsonObject {
  if (ask.type !== 'ContainerPort.hostPort') return target.value;
  const index = path.at(-2);
  const port = typeof index === 'number' ? arrayField(target.value, 'ports')[index] : undefined;
  return isObject(port) ? port : {};
}

/** True for a request of the pod as a whole that the API server has derived from its containers or its limit. */
function isDerivedRequest(ask: ValueAsk, { target, view }: Context): boolean {
  const resource = ask.path.at(-1);
  const isPods = ask.type === 'ResourceRequirements.requests' && target.prefix === '';
  return isPods && typeof resource === 'string' && derivedRequests(view.spec).has(resource);
}

/** What the container has for the same resource in the other of requests and limits. */
function amountAt(target: Target, part: string, ask: ValueAsk): Json | undefined {
  const resource = ask.path.at(-1);
  return typeof resource === 'string' ? field(field(field(target.value, 'resources'), part), resource) : undefined;
}

/** True where a limit would come to stand below its request: Kubernetes refuses that, so the template's one is left out (§6). */
function breaksResources(ask: ValueAsk, { target }: Context): boolean {
  const other = { 'ResourceRequirements.limits': 'requests', 'ResourceRequirements.requests': 'limits' }[ask.type];
  if (other === undefined) return false;
  const amount = parseQuantity(ask.value);
  const against = parseQuantity(amountAt(target, other, ask));
  if (amount === undefined || against === undefined) return false;
  return other === 'requests' ? amount < against : against < amount;
}

function reduceElement(ask: ElementAsk, list: readonly Json[], context: Context): void {
  const index = indexOf(list, ask.element);
  const element = index === undefined ? undefined : list[index];
  if (index === undefined || element === undefined) {
    warnOfHidden(ask, context);
    grant(ask, 'append', context);
    return;
  }
  const at: Context = { ...context, path: [...context.path, index] };
  if (ask.differs === 'joined' || sameValue(ask.element.items, element, ask.value)) {
    grant(ask, 'present', at);
  } else if (ask.type === 'Container.volumeMounts' && isTokenMount(element, context.view.spec)) {
    grant(ask, 'replace', at);
  } else if (isMarked(context)) {
    grant(ask, 'present', at);
  } else if (ask.differs === 'conflict') {
    conflict(ask, at);
  } else {
    stand(at, context.template.conflictPolicy);
  }
}

/** An env entry wins over every envFrom: what the workload got from there under that name is hidden now (§6). */
function warnOfHidden(ask: ElementAsk, { target, template, into }: Context): void {
  if (ask.type !== 'Container.env' || arrayField(target.value, 'envFrom').length === 0) return;
  const container = stringField(target.value, 'name') ?? '';
  into.warnings.push(
    `container ${container}: env ${ask.element.key} of template ${template.id} hides one from its envFrom, if there is one`,
  );
}

function reduceMember(ask: MemberAsk, list: readonly Json[], context: Context): void {
  grant(ask, hasMember(list, ask) ? 'present' : ask.front ? 'front' : 'append', context);
}

/** KeepPod: the pod's value stands, with a warning. Deny: it is a problem. */
function stand(context: Context, policy: Template['conflictPolicy']): void {
  const { template, into } = context;
  const at = knownPart(context.path);
  if (policy === 'KeepPod') {
    into.kept.push(at);
    return;
  }
  into.problems.push({
    code: 'PG011',
    field: at,
    detail: `the pod's own value differs from that of template ${template.id}, whose conflictPolicy is Deny; drop one of the two`,
    template: template.id,
  });
}

/** What the lists hold, for messages. */
const nouns: Readonly<Record<string, string>> = {
  'PodSpec.volumes': 'a volume of that name',
  'PodSpec.resourceClaims': 'a resource claim of that name',
  'Container.volumeMounts': 'something else mounted at that path',
  'Container.volumeDevices': 'another device at that path',
};

function conflict(ask: ValueAsk | ElementAsk, context: Context): void {
  const { template, into } = context;
  const at = knownPart(context.path);
  if (ask.kind === 'value') {
    into.problems.push({
      code: ask.code ?? 'PG018',
      field: at,
      detail: `template ${template.id} is made for another value than the pod's; use a template that is made for this kind of pod`,
      template: template.id,
    });
    return;
  }
  const [keyField = 'name'] = ask.element.keys;
  const noun = nouns[ask.type] ?? 'one of that key';
  into.problems.push({
    code: ask.code ?? 'PG013',
    field: [...at, keyField],
    value: ask.element.key,
    detail: `the pod has ${noun} and template ${template.id} brings another; rename yours or drop the template`,
    template: template.id,
  });
}
