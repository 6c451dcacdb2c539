import { arrayField, isObject, objectField, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import { qualifiedName } from '../kubernetes/text-formats.ts';
import type { Finding, Rule } from './rule.ts';
import { ownEntries } from './validate-schema.ts';

const standard = ['cpu', 'memory', 'ephemeral-storage'];
const hugePages = 'hugepages-';
const nanos = 1_000_000_000n;

/** Names and amounts of a container's resources, and limits under requests, resource by resource. */
export const containerResources: Rule = (value) => resources(value, containerResource);

/** The same for the pod's own resources, which know fewer names and no claims. */
export const podResources: Rule = (value) => [
  ...resources(value, (name) =>
    name === 'cpu' || name === 'memory' || name.startsWith(hugePages)
      ? undefined
      : 'must be cpu, memory or hugepages-SIZE',
  ),
  ...(arrayField(value, 'claims').length > 0 ? [{ at: ['claims'], detail: 'may be set in containers only' }] : []),
];

/** What a sidecar gets where it sets nothing (specification §2): cpu and memory only. */
export const presetResources: Rule = (value) =>
  resources(value, (name) => (name === 'cpu' || name === 'memory' ? undefined : 'must be cpu or memory'));

function containerResource(name: string): string | undefined {
  if (!name.includes('/')) {
    return standard.includes(name) || name.startsWith(hugePages)
      ? undefined
      : `must be one of ${standard.join(', ')}, hugepages-SIZE, or have a prefix: example.org/gpu`;
  }
  return name.startsWith('requests.') ? "must not begin with 'requests.'" : qualifiedName(name);
}

function resources(value: Json, nameRule: (name: string) => string | undefined): readonly Finding[] {
  if (!isObject(value)) return [];
  const limits = objectField(value, 'limits');
  return [
    ...amounts('limits', limits, nameRule),
    ...amounts('requests', objectField(value, 'requests'), nameRule),
    ...ownEntries(objectField(value, 'requests')).flatMap(([name, request]) => aboveLimit(name, request, limits)),
  ];
}

function amounts(
  list: 'limits' | 'requests',
  map: JsonObject,
  nameRule: (name: string) => string | undefined,
): readonly Finding[] {
  return ownEntries(map).flatMap(([name, value]): readonly Finding[] => {
    const wrongName = nameRule(name);
    if (wrongName !== undefined) return [{ at: [list, name], value: name, detail: `as a resource ${wrongName}` }];
    const amount = parseQuantity(value);
    if (amount === undefined) return [];
    if (amount < 0n) return [{ at: [list, name], detail: 'must not be negative' }];
    if (isCounted(name) && amount % nanos !== 0n) return [{ at: [list, name], detail: 'must be a whole number' }];
    return isDivisible(name, amount)
      ? []
      : [{ at: [list, name], detail: 'must be a multiple of the size of the page' }];
  });
}

/** Devices and the like are counted, and can't be overcommitted. */
function isCounted(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/');
}

function isDivisible(name: string, amount: bigint): boolean {
  if (!name.startsWith(hugePages)) return true;
  const size = parseQuantity(name.slice(hugePages.length));
  return size === undefined || size <= 0n || amount % size === 0n;
}

// Of what can't be overcommitted, request and limit must be equal: a row of the incompatible pairs.
function aboveLimit(name: string, request: Json, limits: JsonObject): readonly Finding[] {
  if (name.startsWith(hugePages) || isCounted(name)) return [];
  const wanted = parseQuantity(request);
  const limit = parseQuantity(own(limits, name));
  if (wanted === undefined || limit === undefined || wanted <= limit) return [];
  return [{ at: ['requests', name], detail: 'is above the limit; raise the limit or lower the request' }];
}
