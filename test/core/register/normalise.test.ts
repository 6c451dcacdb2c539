import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { normalise } from '../../../src/core/kubernetes/normalise.ts';
import { podSpec } from '../../../src/core/kubernetes/schema.ts';
import type { Schema } from '../../../src/core/kubernetes/schema.ts';
import { yaml } from '../../support/fixtures.ts';

describe('one form for all values that mean the same', () => {
  it.each<[string, string, string]>([
    ['what is unset is gone', '{hostNetwork: false, nodeName: "", volumes: [], nodeSelector: {}, os: null}', '{}'],
    [
      'what a pointer says stays',
      '{hostUsers: false, terminationGracePeriodSeconds: 0}',
      '{hostUsers: false, terminationGracePeriodSeconds: 0}',
    ],
    [
      'amounts are amounts',
      '{overhead: {cpu: 0.5, memory: 1Ki}}',
      '{overhead: {cpu: 500000000n, memory: 1024000000000n}}',
    ],
    [
      'elements have the defaults of their keys',
      '{containers: [{name: a, ports: [{containerPort: 1}]}]}',
      '{containers: [{name: a, ports: [{containerPort: 1, protocol: TCP}]}]}',
    ],
    ['the order of elements stays', '{tolerations: [{key: b}, {key: a}]}', '{tolerations: [{key: b}, {key: a}]}'],
    ['what isn’t known stays', '{gizmo: {a: null}}', '{gizmo: {a: null}}'],
  ])('%s', (_name, given, wanted) => {
    expect(normalise(podSpec, yaml(given))).toEqual(yaml(wanted));
  });

  const quantities: Schema = { kind: 'map', values: { kind: 'quantity' }, atomic: false };
  it.each<[string, Schema, Json]>([
    ['an object', podSpec, 'text'],
    ['a map', quantities, ['text']],
    ['a list', { kind: 'list', items: podSpec }, { a: 'b' }],
    ['a quantity', { kind: 'quantity' }, 'lots'],
    ['elements', { kind: 'list', items: podSpec, keys: ['hostname'] }, ['text']],
    ['anything', { kind: 'any' }, { a: null }],
  ])('what has the wrong type for %s stays as it is', (_name, schema, value) => {
    expect(normalise(schema, value)).toEqual(value);
  });
});
