import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { covers, defaultImagePullPolicy, sameValue } from '../../../src/core/kubernetes/compare.ts';
import { objectSchema } from '../../../src/core/kubernetes/schema.ts';

interface Case {
  readonly type: string;
  readonly live: Json;
  readonly wanted: Json;
  readonly same: boolean;
  /** Whether the live one has all that is wanted. */
  readonly covers: boolean;
}

const container = (more: Record<string, Json> = {}): Json => ({ name: 'a', image: 'a:1', ...more });

describe('two values mean the same after defaults and normalisation', () => {
  test.each<Case>([
    { type: 'Container', live: container(), wanted: container(), same: true, covers: true },
    { type: 'Container', live: container({ tty: true }), wanted: container(), same: false, covers: true },
    { type: 'Container', live: container(), wanted: container({ tty: true }), same: false, covers: false },
    { type: 'Container', live: container({ tty: false }), wanted: container(), same: true, covers: true },
    { type: 'Container', live: container({ args: [] }), wanted: container({ args: null }), same: true, covers: true },
    {
      type: 'Container',
      live: container({ args: ['a', 'b'] }),
      wanted: container({ args: ['a'] }),
      same: false,
      covers: false,
    },
    {
      type: 'Container',
      live: container({ imagePullPolicy: 'IfNotPresent' }),
      wanted: container(),
      same: true,
      covers: true,
    },
    {
      type: 'Container',
      live: container({ imagePullPolicy: 'Always' }),
      wanted: container(),
      same: false,
      covers: true,
    },
    {
      type: 'Container',
      live: container({ env: [{ name: 'B' }, { name: 'A', value: '' }] }),
      wanted: container({ env: [{ name: 'A' }, { name: 'B', value: '' }] }),
      same: true,
      covers: true,
    },
    {
      type: 'Container',
      live: container({ ports: [{ containerPort: 1, protocol: 'TCP' }] }),
      wanted: container({ ports: [{ containerPort: 1 }] }),
      same: true,
      covers: true,
    },
    { type: 'Container', live: container({ unknown: 1 }), wanted: container({ unknown: 1 }), same: true, covers: true },
    {
      type: 'Container',
      live: container({ unknown: 1 }),
      wanted: container({ unknown: 2 }),
      same: false,
      covers: false,
    },
    {
      type: 'Container',
      live: container({ env: {} }),
      wanted: container({ env: [{ name: 'A' }] }),
      same: false,
      covers: false,
    },
    { type: 'Container', live: 'a', wanted: container(), same: false, covers: false },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: '0.5' } },
      wanted: { requests: { cpu: '500m' } },
      same: true,
      covers: true,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: 'x' } },
      wanted: { requests: { cpu: 'x' } },
      same: true,
      covers: true,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: 'x' } },
      wanted: { requests: { cpu: '1' } },
      same: false,
      covers: false,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: 'x' },
      wanted: { requests: { cpu: '1' } },
      same: false,
      covers: false,
    },
    {
      type: 'ResourceRequirements',
      live: { limits: { cpu: '1' }, requests: { cpu: '1' } },
      wanted: { limits: { cpu: '1' } },
      same: true,
      covers: true,
    },
    {
      type: 'ResourceRequirements',
      live: { limits: { cpu: '1', memory: '1Gi' } },
      wanted: { limits: { cpu: '1' } },
      same: false,
      covers: true,
    },
    { type: 'Volume', live: { name: 'v', emptyDir: {} }, wanted: { name: 'v' }, same: true, covers: true },
    { type: 'Volume', live: { name: 'v' }, wanted: { name: 'v', emptyDir: {} }, same: true, covers: true },
    {
      type: 'Volume',
      live: { name: 'v', emptyDir: { medium: 'Memory' } },
      wanted: { name: 'v', emptyDir: {} },
      same: false,
      covers: true,
    },
    {
      type: 'Volume',
      live: { name: 'v', configMap: { name: 'c', defaultMode: 420 } },
      wanted: { name: 'v', configMap: { name: 'c' } },
      same: true,
      covers: true,
    },
    {
      type: 'Volume',
      live: { name: 'v', hostPath: { path: '/x', type: 'Directory' } },
      wanted: { name: 'v', hostPath: { path: '/x' } },
      same: false,
      covers: true,
    },
    {
      type: 'Volume',
      live: { name: 'v', image: { reference: 'a:latest', pullPolicy: 'Always' } },
      wanted: { name: 'v', image: { reference: 'a:latest' } },
      same: true,
      covers: true,
    },
    {
      type: 'Probe',
      live: { tcpSocket: { port: 1 }, periodSeconds: 10 },
      wanted: { tcpSocket: { port: 1 } },
      same: true,
      covers: true,
    },
    {
      type: 'Probe',
      live: { tcpSocket: { port: 'a' } },
      wanted: { tcpSocket: { port: 1 } },
      same: false,
      covers: false,
    },
    {
      type: 'EnvVarSource',
      live: { fieldRef: { apiVersion: 'v1', fieldPath: 'x' } },
      wanted: { fieldRef: { fieldPath: 'x' } },
      same: true,
      covers: true,
    },
    {
      type: 'Toleration',
      live: { key: 'a', operator: 'Exists', value: '' },
      wanted: { key: 'a', operator: 'Exists' },
      same: true,
      covers: true,
    },
    { type: 'PodSecurityContext', live: { runAsUser: 0 }, wanted: {}, same: false, covers: true },
    {
      type: 'Container',
      live: container({ env: [{ name: 'A' }, { name: 'B' }] }),
      wanted: container({ env: [{ name: 'B' }] }),
      same: false,
      covers: true,
    },
    {
      type: 'Container',
      live: container({ env: [{ name: 'A', value: '1' }, { name: 'B' }] }),
      wanted: container({ env: [{ name: 'A', value: '2' }, { name: 'B' }] }),
      same: false,
      covers: false,
    },
    {
      type: 'Container',
      live: container({ env: [{ name: 'A' }, { name: 'C' }] }),
      wanted: container({ env: [{ name: 'A' }, { name: 'B' }] }),
      same: false,
      covers: false,
    },
    {
      type: 'Container',
      live: { name: 'a', image: 'a', imagePullPolicy: 'IfNotPresent' },
      wanted: { name: 'a', image: 'a' },
      same: false,
      covers: true,
    },
    {
      type: 'Container',
      live: { name: 'a', image: 'a', imagePullPolicy: 'Always' },
      wanted: { name: 'a', image: 'a' },
      same: true,
      covers: true,
    },
    {
      type: 'Container',
      live: container(),
      wanted: container({ imagePullPolicy: 'IfNotPresent' }),
      same: true,
      covers: true,
    },
    {
      type: 'Container',
      live: container(),
      wanted: container({ imagePullPolicy: 'Always' }),
      same: false,
      covers: false,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: '1', memory: '1Gi' } },
      wanted: { requests: { cpu: '1', memory: '2Gi' } },
      same: false,
      covers: false,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: '1' } },
      wanted: { requests: { memory: '1Gi' } },
      same: false,
      covers: false,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: '1' } },
      wanted: { requests: {} },
      same: false,
      covers: true,
    },
    {
      type: 'ResourceRequirements',
      live: { requests: { cpu: '1' } },
      wanted: { requests: { cpu: 'x' } },
      same: false,
      covers: false,
    },
    {
      type: 'ResourceRequirements',
      live: { limits: { cpu: '2' }, requests: { cpu: '1' } },
      wanted: { limits: { cpu: '2' } },
      same: false,
      covers: true,
    },
    {
      type: 'ResourceRequirements',
      live: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } },
      wanted: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1' } },
      same: true,
      covers: true,
    },
    {
      type: 'Volume',
      live: { name: 'v', configMap: { name: 'c' } },
      wanted: { name: 'v', emptyDir: {} },
      same: false,
      covers: false,
    },
    {
      type: 'Volume',
      live: { name: 'v', configMap: null },
      wanted: { name: 'v', emptyDir: {} },
      same: true,
      covers: true,
    },
    {
      type: 'Volume',
      live: { name: 'v', configMap: { name: 'c' } },
      wanted: { name: 'v', configMap: { name: 'c' }, emptyDir: {} },
      same: false,
      covers: false,
    },
    {
      type: 'Toleration',
      live: { key: 'a', operator: 'Equal' },
      wanted: { key: 'a', operator: 'Exists' },
      same: false,
      covers: false,
    },
    { type: 'PodSpec', live: { nodeSelector: { a: '1' } }, wanted: { nodeSelector: 'x' }, same: false, covers: false },
    { type: 'LabelSelector', live: { matchLabels: {} }, wanted: {}, same: true, covers: true },
  ])('$type: $live and $wanted', ({ type, live, wanted, same, covers: all }) => {
    expect(sameValue(objectSchema(type), live, wanted)).toBe(same);
    expect(sameValue(objectSchema(type), wanted, live)).toBe(same);
    expect(covers(objectSchema(type), live, wanted)).toBe(all);
  });
});

test.each([
  { image: undefined, policy: 'IfNotPresent' },
  { image: '', policy: 'IfNotPresent' },
  { image: 'a', policy: 'Always' },
  { image: 'a:latest', policy: 'Always' },
  { image: 'a:1', policy: 'IfNotPresent' },
  { image: 'host:5000/a', policy: 'Always' },
  { image: 'host:5000/a:1', policy: 'IfNotPresent' },
  { image: `a@sha256:${'0'.repeat(64)}`, policy: 'IfNotPresent' },
  { image: `a:latest@sha256:${'0'.repeat(64)}`, policy: 'Always' },
])('the pull policy of $image is $policy', ({ image, policy }) => {
  expect(defaultImagePullPolicy(image)).toBe(policy);
});
