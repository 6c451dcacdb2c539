import { describe, expect, test } from 'vitest';
import { overlay } from '../../../src/core/graft/overlay.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { objectSchema } from '../../../src/core/kubernetes/schema.ts';

// What a template's default entry and its primary entry give together, type by type (specification §6).

interface Row {
  readonly what: string;
  readonly type?: string;
  readonly below: JsonObject;
  readonly above: JsonObject;
  readonly gives: JsonObject;
}

const port = { containerPort: 80, hostPort: 80 };

const rows: readonly Row[] = [
  {
    what: 'an empty default entry',
    below: {},
    above: { workingDir: '/w', ports: [port] },
    gives: { workingDir: '/w', ports: [port] },
  },
  {
    what: 'an empty primary entry',
    below: { workingDir: '/w', ports: [port] },
    above: {},
    gives: { workingDir: '/w', ports: [port] },
  },
  { what: 'two empty ones', below: {}, above: {}, gives: {} },
  ...[null, ''].map((unset) => ({
    what: `a scalar that says nothing: ${JSON.stringify(unset)}`,
    below: { workingDir: '/w' },
    above: { workingDir: unset },
    gives: { workingDir: '/w' },
  })),
  { what: 'a list that says nothing', below: { ports: [port] }, above: { ports: [] }, gives: { ports: [port] } },
  {
    what: 'a struct that says nothing',
    below: { resources: { limits: { cpu: '1' } } },
    above: { resources: {} },
    gives: { resources: { limits: { cpu: '1' } } },
  },
  {
    what: 'a false where that is a value',
    below: { securityContext: { privileged: true } },
    above: { securityContext: { privileged: false } },
    gives: { securityContext: { privileged: false } },
  },
  {
    what: 'a list over one that says nothing',
    below: { ports: null },
    above: { ports: [port] },
    gives: { ports: [port] },
  },
  {
    what: 'a struct over one that says nothing',
    below: { resources: {} },
    above: { resources: { limits: { cpu: '1' } } },
    gives: { resources: { limits: { cpu: '1' } } },
  },
  { what: 'an unknown field', below: { x: { a: 1 } }, above: { x: { b: 2 } }, gives: { x: { b: 2 } } },
  { what: 'an object over a list', below: { ports: [port] }, above: { ports: { a: 1 } }, gives: { ports: { a: 1 } } },
  { what: 'a list over an object', below: { ports: { a: 1 } }, above: { ports: [port] }, gives: { ports: [port] } },
  { what: 'a list over a scalar', below: { ports: 'a' }, above: { ports: [port] }, gives: { ports: [port] } },
  { what: 'a scalar over a list', below: { ports: [port] }, above: { ports: 'a' }, gives: { ports: 'a' } },
  {
    what: 'lists where the schema has an object',
    below: { resources: [1] },
    above: { resources: [2] },
    gives: { resources: [2] },
  },
  {
    what: 'objects where the schema has a list',
    below: { ports: { a: 1 } },
    above: { ports: { b: 2 } },
    gives: { ports: { b: 2 } },
  },
  {
    what: 'an object that is atomic by the schema',
    type: 'EnvVarSource',
    below: { configMapKeyRef: { name: 'a', key: 'k', optional: true } },
    above: { configMapKeyRef: { name: 'b', key: 'k' } },
    gives: { configMapKeyRef: { name: 'b', key: 'k' } },
  },
  {
    what: 'an object that is whole by a rule',
    below: { securityContext: { capabilities: { add: ['A'] } } },
    above: { securityContext: { capabilities: { drop: ['B'] } } },
    gives: { securityContext: { capabilities: { drop: ['B'] } } },
  },
  {
    what: 'a map that is atomic by the schema',
    type: 'PodSpec',
    below: { nodeSelector: { a: '1' } },
    above: { nodeSelector: { b: '2' } },
    gives: { nodeSelector: { b: '2' } },
  },
  {
    what: 'a map',
    type: 'ObjectMeta',
    below: { labels: { a: '1', b: '1' } },
    above: { labels: { b: '2', c: '2' } },
    gives: { labels: { a: '1', b: '2', c: '2' } },
  },
  {
    what: 'members',
    below: { envFrom: [{ configMapRef: { name: 'a' } }] },
    above: { envFrom: [{ configMapRef: { name: 'b' } }] },
    gives: { envFrom: [{ configMapRef: { name: 'a' } }, { configMapRef: { name: 'b' } }] },
  },
  {
    what: 'elements that are atomic by a rule',
    below: {
      env: [
        { name: 'A', value: 'a' },
        { name: 'B', value: 'b' },
      ],
    },
    above: {
      env: [
        { name: 'C', value: 'c' },
        { name: 'A', valueFrom: { fieldRef: { fieldPath: 'p' } } },
      ],
    },
    gives: {
      env: [
        { name: 'A', valueFrom: { fieldRef: { fieldPath: 'p' } } },
        { name: 'B', value: 'b' },
        { name: 'C', value: 'c' },
      ],
    },
  },
  {
    what: 'elements that join by keys of a rule',
    type: 'PodSpec',
    below: {
      hostAliases: [
        { ip: '1', hostnames: ['a'] },
        { ip: '2', hostnames: ['b'] },
      ],
    },
    above: { hostAliases: [{ ip: '1', hostnames: ['c'] }] },
    gives: {
      hostAliases: [
        { ip: '1', hostnames: ['a', 'c'] },
        { ip: '2', hostnames: ['b'] },
      ],
    },
  },
  {
    what: "elements that join by the schema's keys",
    below: { ports: [port] },
    above: {
      ports: [
        { containerPort: 80, name: 'a' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
    gives: {
      ports: [
        { ...port, name: 'a' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
  },
  { what: 'an element that is no object', below: { ports: ['a'] }, above: { ports: ['a'] }, gives: { ports: ['a'] } },
  {
    what: 'an object in place of one that is none',
    below: { ports: ['a'] },
    above: { ports: [{}] },
    gives: { ports: [{}] },
  },
  {
    what: 'an element that is none in place of an object',
    below: { ports: [{}] },
    above: { ports: ['a'] },
    gives: { ports: ['a'] },
  },
  {
    what: 'an object over a list where one belongs',
    below: { resources: [1] },
    above: { resources: { claims: [1] } },
    gives: { resources: { claims: [1] } },
  },
  {
    what: 'a list over an object where one belongs',
    below: { resources: { claims: [1] } },
    above: { resources: [1] },
    gives: { resources: [1] },
  },
  {
    what: "elements that only a rule joins: the schema's list is atomic",
    type: 'PodSpec',
    below: { readinessGates: [{ conditionType: 'a' }] },
    above: { readinessGates: [{ conditionType: 'b' }] },
    gives: { readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
  },
  {
    what: 'an atomic list of objects',
    below: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
    above: { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'NotRequired' }] },
    gives: { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'NotRequired' }] },
  },
  { what: 'a list that is atomic', below: { args: ['a', 'b'] }, above: { args: ['c'] }, gives: { args: ['c'] } },
  {
    what: 'the key __proto__',
    below: JSON.parse('{"__proto__": 1}') as JsonObject,
    above: { x: 1 },
    gives: JSON.parse('{"__proto__": 1, "x": 1}') as JsonObject,
  },
];

describe('the default entry under the primary one', () => {
  test.each(rows)('$what', ({ type = 'Container', below, above, gives }) => {
    expect(overlay(objectSchema(type), below, above)).toEqual(gives);
  });

  test('equal content comes out in one order of keys', () => {
    const schema = objectSchema('Container');
    const one = overlay(schema, { workingDir: '/w' }, { image: 'i', tty: true });
    const other = overlay(schema, { tty: true, image: 'i' }, { workingDir: '/w' });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });
});
