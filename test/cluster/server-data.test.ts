import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverDefaults } from '../../src/core/graft/exceptions.ts';
import { defaultTolerations, isTokenMount, tokenVolume, standsFor } from '../../src/core/graft/server-owned.ts';
import { arrayField, equal, field, isArray, isObject, objectField } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { sameValue } from '../../src/core/kubernetes/compare.ts';
import { apiDefaults } from '../../src/core/kubernetes/defaults-data.ts';
import { incompatiblePairs } from '../../src/core/kubernetes/incompatible.ts';
import published from '../../src/core/kubernetes/kubernetes-1.36-podtemplatespec.json' with { type: 'json' };
import { objectSchema, podSpec } from '../../src/core/kubernetes/schema.ts';
import type { ObjectSchema, Schema } from '../../src/core/kubernetes/schema.ts';
import { incompatibleCases } from '../core/kubernetes/incompatible-cases.ts';
import { throughServer } from '../support/api-server.ts';
import { pod } from '../support/fixtures.ts';
import { dryRun, get, messageOf } from './support/api.ts';
import { watchArrivals } from './support/arrivals.ts';
import type { Arrivals } from './support/arrivals.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { podsWithEachDefault } from './support/pods-with-each-default.ts';

// What the core knows about Kubernetes as data, held against a real API server. When one of these fails on a newer
// Kubernetes, the data is out of date, not the server wrong.

let namespace = '';
let arrivals: Arrivals;

describeCluster("Kubernetes as the core's data has it", () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    arrivals = await watchArrivals('data', namespace);
  });
  afterAll(async () => arrivals.close());

  test('the schema is the one that the server publishes', async () => {
    const { components } = await get('/openapi/v3/api/v1');
    const schemas = objectField(components, 'schemas');
    const needed = closure(schemas, 'io.k8s.api.core.v1.PodTemplateSpec');
    expect(Object.keys(published.definitions).toSorted()).toEqual([...needed.keys()].toSorted());
    for (const [name, definition] of Object.entries(published.definitions)) {
      expect({ [name]: withoutTexts(definition as Json) }).toEqual({ [name]: withoutTexts(needed.get(name) ?? null) });
    }
  });

  describe('defaults', () => {
    test.each(podsWithEachDefault)(
      '$name: the pod arrives as the tests of the core assume',
      async ({ spec, metadata }) => {
        const given = pod(spec, metadata);
        const { pod: arrived } = await arrivals.of(given);
        const assumed = objectField(throughServer(given), 'spec');
        expect(withTokenNamed(objectField(arrived, 'spec'))).toEqual(withTokenNamed(assumed));
      },
    );

    test('each of the table is among those', () => {
      const missing = new Set(
        Object.entries(apiDefaults).flatMap(([type, fields]) => Object.keys(fields).map((key) => `${type}.${key}`)),
      );
      for (const { spec } of podsWithEachDefault) {
        visit(podSpec, pod(spec)['spec'] ?? {}, (schema, value) => {
          for (const key of Object.keys(apiDefaults[schema.name] ?? {}))
            if (!Object.hasOwn(value, key)) missing.delete(`${schema.name}.${key}`);
        });
      }
      expect([...missing]).toEqual([]);
    });

    test("that count as unset in a pod are the server's own", async () => {
      const { pod: arrived } = await arrivals.of(pod());
      const spec = objectField(arrived, 'spec');
      const [container] = arrayField(spec, 'containers');
      const found = Object.keys(serverDefaults).map((key) => {
        const [type, name = ''] = key.split('.');
        return [key, field(type === 'Container' ? container : spec, name)];
      });
      expect(Object.fromEntries(found)).toEqual(serverDefaults);
    });
  });

  describe('what says nothing', () => {
    const places = [...placesOfTypes()];

    test('covers each type of a pod', () => {
      const types = new Set(Object.keys(published.definitions).map((name) => name.split('.').at(-1)));
      for (const outside of [
        'PodTemplateSpec',
        'PodSpec',
        'FieldsV1',
        'Time',
        'Quantity',
        'IntOrString',
        ...elsewhere,
      ]) {
        types.delete(outside);
      }
      const found = new Set(places.map(({ schema }) => schema.name));
      expect([...types].filter((name) => name !== undefined && !found.has(name))).toEqual([]);
    });

    test.each(places)(
      '$schema.name: an empty field is as absent to the core where it is to the server',
      async (place) => {
        const { schema } = place;
        const bare = minimal(schema);
        const without = await arrivesAs(place, bare);
        for (const [name, { schema: of }] of schema.fields) {
          const empty = emptyValue(of);
          // What is required is never absent.
          if (empty === undefined || schema.required.includes(name)) continue;
          const given: JsonObject = { ...bare, [name]: empty };
          const { [name]: _, ...rest } = bare;
          const base = Object.hasOwn(bare, name) ? await arrivesAs(place, rest) : without;
          const isSameToServer = equal(await arrivesAs(place, given), base);
          expect({ [`${schema.name}.${name}`]: sameValue(schema, given, rest) }).toEqual({
            [`${schema.name}.${name}`]: isSameToServer,
          });
        }
      },
    );
  });

  describe('quantities', () => {
    test.each<{ a: Json; b: Json }>([
      { a: '0.5', b: '500m' },
      { a: '1', b: '1000m' },
      { a: 1, b: '1' },
      { a: '1k', b: '1000' },
      { a: '0.1', b: '100m' },
      { a: '1.5Gi', b: '1536Mi' },
      { a: '0', b: '0m' },
      { a: '0.0001', b: '1m' },
      { a: '1n', b: '1m' },
      { a: '1.0', b: 1 },
    ])('$a and $b come as one from the server, and are the same to the core', async ({ a, b }) => {
      expect(await quantityArrives(a)).toEqual(await quantityArrives(b));
      const resources = objectSchema('ResourceRequirements');
      expect(sameValue(resources, { limits: { memory: a } }, { limits: { memory: b } })).toBe(true);
    });
  });

  describe("the server's own", () => {
    test('token volume and mounts are known by their form', async () => {
      const init = { name: 'setup', image: 'app:1' };
      const { pod: arrived } = await arrivals.of(pod({ initContainers: [init] }));
      const spec = objectField(arrived, 'spec');
      expect(tokenVolume(spec)).toEqual({ index: 0, name: expect.stringMatching(/^kube-api-access-/) });
      for (const list of ['containers', 'initContainers']) {
        const [container] = arrayField(spec, list);
        expect(arrayField(container, 'volumeMounts').map((mount) => isTokenMount(mount, spec))).toEqual([true]);
      }
    });

    test('tolerations are those that every pod gets', async () => {
      const { pod: arrived } = await arrivals.of(pod());
      expect(objectField(arrived, 'spec')['tolerations']).toEqual(defaultTolerations);
    });

    const key = 'node.kubernetes.io/not-ready';
    test.each<{ toleration: JsonObject }>([
      { toleration: { operator: 'Exists' } },
      { toleration: { operator: 'Exists', effect: 'NoExecute' } },
      { toleration: { operator: 'Exists', effect: 'NoSchedule' } },
      { toleration: { key, operator: 'Exists' } },
      { toleration: { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 } },
      { toleration: { key, operator: 'Exists', effect: 'NoSchedule' } },
      { toleration: { key, effect: 'NoExecute' } },
      { toleration: { key, operator: 'Equal', value: 'x', effect: 'NoExecute' } },
      { toleration: { key, value: 'x' } },
      { toleration: { key: 'other', operator: 'Exists', effect: 'NoExecute' } },
    ])('$toleration stands for the standard one to the core where the server adds no other', async ({ toleration }) => {
      const { pod: arrived } = await arrivals.of(pod({ tolerations: [toleration] }));
      const all = arrayField(objectField(arrived, 'spec'), 'tolerations');
      for (const standard of defaultTolerations) {
        const isAdded = all.some((each) => equal(each, standard));
        expect(standsFor(toleration, standard)).toBe(!isAdded);
      }
    });
  });

  describe('fields that are refused together', () => {
    const pairs = new Map(incompatiblePairs.map((pair) => [pair.id, pair]));

    test.each(incompatibleCases)(
      '$id: the server refuses the pair, and takes each side alone',
      async ({ id, refused, refusedToo = [], fine }) => {
        const pair = pairs.get(id);
        for (const both of [refused, ...refusedToo]) {
          const answer = await dryRun(inNamespace(both));
          // Behind a gate that is off, one of the fields is dropped before it is judged.
          expect(answer.status).toBe(pair?.featureGate === undefined ? 422 : 201);
          if (answer.status === 422) expect(messageOf(answer)).toContain(pair?.kubernetes);
        }
        for (const alone of fine) expect(messageOf(await dryRun(inNamespace(alone)))).toBe('');
      },
    );
  });
});

async function quantityArrives(value: Json): Promise<Json | undefined> {
  const containers = [{ name: 'main', image: 'app:1', resources: { limits: { memory: value } } }];
  const { pod: arrived } = await arrivals.of(pod({ containers }));
  return field(field(arrayField(objectField(arrived, 'spec'), 'containers')[0], 'resources'), 'limits');
}

function inNamespace(given: JsonObject): JsonObject {
  return { ...given, metadata: { ...objectField(given, 'metadata'), namespace } };
}

/** The schemas that one refers to, itself among them. */
function closure(schemas: JsonObject, root: string): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  const visitSchema = (name: string): void => {
    const definition = schemas[name];
    if (definition === undefined || found.has(name)) return;
    found.set(name, definition);
    for (const [, reference = ''] of JSON.stringify(definition).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      visitSchema(reference);
  };
  visitSchema(root);
  return found;
}

/** A schema without what is for people, its references as in our file. */
function withoutTexts(value: Json): Json {
  if (isArray(value)) return value.map(withoutTexts);
  if (!isObject(value)) return value;
  const result: MutableJsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'description' && typeof inner === 'string') continue;
    result[key] = key === '$ref' && typeof inner === 'string' ? (inner.split('/').at(-1) ?? '') : withoutTexts(inner);
  }
  return result;
}

/** The token volume's name ends by chance. */
function withTokenNamed(spec: JsonObject): Json {
  return JSON.parse(JSON.stringify(spec).replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-xxxxx')) as Json;
}

function visit(schema: Schema, value: Json, look: (schema: ObjectSchema, value: JsonObject) => void): void {
  if (schema.kind === 'list' && isArray(value)) for (const element of value) visit(schema.items, element, look);
  if (schema.kind !== 'object' || !isObject(value)) return;
  look(schema, value);
  for (const [key, inner] of Object.entries(value)) {
    const of = schema.fields.get(key);
    if (of !== undefined) visit(of.schema, inner, look);
  }
}

/** A type of a pod, and how to put a value of it into one. */
interface Place {
  readonly schema: ObjectSchema;
  /** From `spec` on; `0` is a list's only element. */
  readonly path: readonly (string | 0)[];
}

/** Types of no field that a template may set; an ephemeral container comes by another way, not at a pod's creation. */
const elsewhere = ['EphemeralContainer', 'ObjectMeta', 'OwnerReference', 'ManagedFieldsEntry'];

/** Each object type that a PodSpec uses, where it is nearest to the root. */
function* placesOfTypes(): Generator<Place> {
  const seen = new Set<string>(['PodSpec', ...elsewhere]);
  let level: Place[] = [{ schema: podSpec, path: [] }];
  while (level.length > 0) {
    const next: Place[] = [];
    for (const { schema, path } of level) {
      for (const [name, { schema: of }] of schema.fields) {
        const isList = of.kind === 'list';
        const inner = isList ? of.items : of;
        if (inner.kind !== 'object' || seen.has(inner.name)) continue;
        seen.add(inner.name);
        next.push({ schema: inner, path: isList ? [...path, name, 0] : [...path, name] });
      }
    }
    yield* next;
    level = next;
  }
}

/** What the server can decode, and little more: what tells elements of a list apart. */
function minimal(schema: ObjectSchema): JsonObject {
  return schema.fields.has('name') && schema.required.includes('name') ? { name: 'main' } : {};
}

function emptyValue(schema: Schema): Json | undefined {
  switch (schema.kind) {
    case 'boolean':
      return false;
    case 'integer':
      return 0;
    case 'string':
      return schema.format === 'date-time' ? undefined : '';
    case 'list':
      return [];
    case 'map':
    case 'object':
      return {};
    case 'quantity':
    case 'intOrString':
    case 'any':
      return undefined;
  }
}

/** How a value comes that is put into a pod at a place. */
async function arrivesAs({ path }: Place, value: JsonObject): Promise<Json | undefined> {
  const [first = '', ...rest] = path;
  const inner = rest.reduceRight<Json>(
    (built, step) => (step === 0 ? [built] : { name: 'main', [step]: built }),
    value,
  );
  const { pod: arrived } = await arrivals.of(pod({ [first]: inner }));
  let found: Json | undefined = withTokenNamed(objectField(arrived, 'spec'));
  for (const step of path) found = step === 0 ? (isArray(found) ? found[0] : undefined) : field(found, step);
  return isObject(found) ? withoutNothing(found) : found;
}

/** A list that isn't left out when it is empty comes as `[]` or as `null`. */
function withoutNothing(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== null && !(isArray(inner) && inner.length === 0)),
  );
}
