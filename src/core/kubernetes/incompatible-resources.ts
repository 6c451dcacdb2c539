import { arrayField, field, isObject, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { allContainers, at, isRestartable, objects } from './incompatible-pair.ts';
import type { IncompatiblePair } from './incompatible-pair.ts';
import { parseQuantity } from './quantity.ts';

/** Amounts by resource name, in thousandths: the API server rounds up to those. */
export type Amounts = ReadonlyMap<string, bigint>;

const nanosPerMilli = 1_000_000n;

/** What the sum over all containers depends on: a native sidecar counts beside the others. */
const ofContainers = ['containers.resources', 'initContainers.resources', 'initContainers.restartPolicy'];

/** Resources: requests with limits, containers with the pod as a whole, claims. */
export const resourcePairs: readonly IncompatiblePair[] = [
  {
    id: 'requests-above-limits',
    scope: 'container',
    fields: ['resources.limits', 'resources.requests'],
    test: (_spec, container) => hasRequestAboveLimit(field(container, 'resources')),
    says: 'a request of the container is above its limit',
    kubernetes: 'must be less than or equal to',
  },
  {
    id: 'requests-unlike-limits',
    scope: 'container',
    fields: ['resources.limits', 'resources.requests'],
    test: (_spec, container) => hasUnequalPair(field(container, 'resources')),
    says: 'a request for a resource that cannot be overcommitted (hugepages, devices) must equal its limit',
    kubernetes: 'must be equal to',
  },
  {
    id: 'hugepages-alone',
    scope: 'container',
    fields: ['resources.limits', 'resources.requests'],
    test: (_spec, container) => {
      const resources = field(container, 'resources');
      const written = ['limits', 'requests'].flatMap((part) => Object.keys(field(resources, part) ?? {}));
      if (!written.some(isHugePages)) return false;
      const names = [...effectiveRequests(container).keys(), ...limitsOf(container).keys()];
      return names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory');
    },
    says: 'hugepages need cpu or memory beside them',
    kubernetes: 'HugePages require cpu or memory',
  },
  {
    id: 'pod-requests-above-limits',
    scope: 'pod',
    fields: ['resources.limits', 'resources.requests'],
    test: (spec) => hasRequestAboveLimit(field(spec, 'resources')),
    says: 'a request of the pod is above its limit',
    kubernetes: 'must be less than or equal to',
  },
  {
    id: 'pod-requests-unlike-limits',
    scope: 'pod',
    fields: ['resources.limits', 'resources.requests'],
    test: (spec) => hasUnequalPair(field(spec, 'resources')),
    says: "the pod's request for hugepages must equal its limit",
    kubernetes: 'must be equal to',
  },
  {
    id: 'pod-requests-below-containers',
    scope: 'pod',
    fields: [...ofContainers, 'resources.limits', 'resources.requests'],
    test: (spec) => {
      const requests = amounts(at(spec, 'resources', 'requests'));
      if (requests.size === 0) return false;
      const together = aggregate(spec, effectiveRequests);
      return [...requests].some(([name, request]) => (together.get(name) ?? 0n) > request);
    },
    says: 'the containers together request more than the pod does',
    kubernetes: 'must be greater than or equal to aggregate container requests',
  },
  {
    id: 'pod-limits-below-requests',
    scope: 'pod',
    fields: [...ofContainers, 'resources.limits'],
    // Without a request of its own the pod is given what its containers request, and that must fit into its limit.
    test: (spec) => {
      const limits = amounts(at(spec, 'resources', 'limits'));
      if (limits.size === 0) return false;
      const together = aggregate(spec, effectiveRequests);
      const requests = amounts(at(spec, 'resources', 'requests'));
      return ['cpu', 'memory'].some((name) => {
        const limit = limits.get(name);
        return limit !== undefined && !requests.has(name) && (together.get(name) ?? 0n) > limit;
      });
    },
    says: 'the containers together request more than the limit of the pod',
    kubernetes: 'must be less than or equal to',
  },
  {
    id: 'pod-limits-below-container',
    scope: 'pod',
    // Kubernetes looks at containers only, not at initContainers.
    fields: ['containers.resources', 'resources.limits'],
    test: (spec) => {
      const limits = amounts(at(spec, 'resources', 'limits'));
      if (limits.size === 0) return false;
      return objects(spec, 'containers').some((container) =>
        [...limitsOf(container)].some(([name, limit]) => {
          const podLimit = limits.get(name);
          return podLimit !== undefined && limit > podLimit;
        }),
      );
    },
    says: 'a limit of a container is above the limit of the pod',
    kubernetes: 'must be less than or equal to pod limits of',
  },
  {
    id: 'pod-hugepages-below-containers',
    scope: 'pod',
    fields: [...ofContainers, 'resources.limits'],
    test: (spec) => {
      const limits = amounts(at(spec, 'resources', 'limits'));
      if (limits.size === 0) return false;
      const together = aggregate(spec, limitsOf);
      return [...limits].some(([name, limit]) => isHugePages(name) && (together.get(name) ?? 0n) > limit);
    },
    says: 'the containers together have more hugepages than the pod',
    kubernetes: 'must be greater than or equal to aggregate container',
  },
  {
    id: 'resource-claim-missing',
    scope: 'pod',
    fields: ['containers.resources.claims', 'initContainers.resources.claims', 'resourceClaims'],
    test: (spec) => {
      const claims = allContainers(spec).flatMap((container) => arrayField(field(container, 'resources'), 'claims'));
      if (claims.length === 0) return false;
      const names = new Set(objects(spec, 'resourceClaims').map((claim) => stringField(claim, 'name')));
      return claims.some((claim) => !names.has(stringField(claim, 'name')));
    },
    says: "a claim of a container must be one of the pod's resourceClaims",
    kubernetes: 'must be one of the names in pod.spec.resourceClaims',
  },
];

const none: Amounts = new Map();

function amounts(list: Json | undefined): Amounts {
  if (!isObject(list)) return none;
  const result = new Map<string, bigint>();
  for (const [name, value] of Object.entries(list)) {
    const nanos = parseQuantity(value);
    if (nanos !== undefined) result.set(name, nanos < 0n ? 0n : (nanos + nanosPerMilli - 1n) / nanosPerMilli);
  }
  return result;
}

function limitsOf(owner: JsonObject | undefined): Amounts {
  return amounts(at(owner, 'resources', 'limits'));
}

/** With the limit where there is no request, as the API server fills them in. */
export function effectiveRequests(owner: JsonObject | undefined): Amounts {
  return new Map([...limitsOf(owner), ...amounts(at(owner, 'resources', 'requests'))]);
}

/** All containers and native sidecars at once, or, where that is more, an init container with the sidecars before it. */
export function aggregate(spec: JsonObject, of: (container: JsonObject) => Amounts): Amounts {
  const running = new Map<string, bigint>();
  for (const container of objects(spec, 'containers')) add(running, of(container));
  const sidecars = new Map<string, bigint>();
  const starting = new Map<string, bigint>();
  for (const container of objects(spec, 'initContainers')) {
    const own = of(container);
    for (const [name, amount] of own) {
      const before = sidecars.get(name) ?? 0n;
      starting.set(name, larger(starting.get(name), before + amount));
    }
    if (isRestartable(container)) {
      add(running, own);
      add(sidecars, own);
    }
  }
  for (const [name, amount] of starting) running.set(name, larger(running.get(name), amount));
  return running;
}

function add(sum: Map<string, bigint>, more: Amounts): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0n) + amount);
}

function larger(a: bigint | undefined, b: bigint): bigint {
  return a !== undefined && a > b ? a : b;
}

function hasRequestAboveLimit(resources: Json | undefined): boolean {
  const limits = amounts(field(resources, 'limits'));
  if (limits.size === 0) return false;
  return [...amounts(field(resources, 'requests'))].some(([name, request]) => {
    const limit = limits.get(name);
    return limit !== undefined && mayOvercommit(name) && request > limit;
  });
}

function hasUnequalPair(resources: Json | undefined): boolean {
  const limits = amounts(field(resources, 'limits'));
  return [...amounts(field(resources, 'requests'))].some(
    ([name, request]) => !mayOvercommit(name) && limits.get(name) !== request,
  );
}

/** Kubernetes' own resources but hugepages (`helper.IsOvercommitAllowed`). */
function mayOvercommit(name: string): boolean {
  return (!name.includes('/') || name.includes('kubernetes.io/')) && !isHugePages(name);
}

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}
