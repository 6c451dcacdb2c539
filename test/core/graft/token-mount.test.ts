import { describe, expect, test } from 'vitest';
import { formatPath } from '../../../src/core/field-path.ts';
import { arrayField, field, isObject, objectField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { attribute, attributions } from '../../../src/core/manifest/attribution.ts';
import { throughServer, tokenVolume } from '../../support/api-server.ts';
import { asking, pod, template } from '../../support/fixtures.ts';
import { container, decide, graft, mark, names } from '../../support/graft.ts';

// Specification §10: the ServiceAccount plugin would mount the token into what we add, and have us asked a second time.

const path = '/var/run/secrets/kubernetes.io/serviceaccount';
const mount = { name: 'kube-api-access-x7k2p', readOnly: true, mountPath: path };
const setup = { name: 'setup', image: 'app:1' };
const log = template('log', { spec: { containers: [{ name: 'log', image: 'log:1' }] } });
const arrived = (spec: JsonObject = {}): JsonObject => throughServer(pod(spec));
const mounts = (given: JsonObject, name: string): readonly Json[] => arrayField(container(given, name), 'volumeMounts');
const change = (given: JsonObject, spec: JsonObject): JsonObject => ({
  ...given,
  spec: { ...objectField(given, 'spec'), ...spec },
});
/** The pod, one of whose containers mounts nothing. */
const unmounted = (given: JsonObject, list: string, name: string): JsonObject =>
  change(given, {
    [list]: arrayField(given['spec'], list).map((each) =>
      isObject(each) && each['name'] === name ? { ...each, volumeMounts: [] } : each,
    ),
  });

describe('what is added to a pod that came with the token has its mount, as the plugin would give it', () => {
  test.each([
    { what: 'a sidecar', spec: {}, brought: { containers: [{ name: 'new', image: 'n:1' }] } },
    {
      what: 'a sidecar, after its own mounts',
      spec: {},
      brought: {
        containers: [{ name: 'new', image: 'n:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
      own: [{ name: 'v', mountPath: '/v' }],
    },
    {
      what: 'a native sidecar',
      spec: { restartPolicy: 'Never' },
      brought: { containers: [{ name: 'new', image: 'n:1' }] },
    },
    { what: 'an init container', spec: {}, brought: { initContainers: [{ name: 'new', image: 'n:1' }] } },
    {
      what: "an init container in front of the pod's own",
      spec: { initContainers: [setup] },
      brought: { initContainers: [{ name: 'new', image: 'n:1' }] },
      settings: { sidecars: { initOrder: 'First' } },
    },
    {
      what: 'a sidecar in a pod that asks for the token itself',
      spec: { automountServiceAccountToken: true },
      brought: { containers: [{ name: 'new', image: 'n:1' }] },
    },
    {
      what: 'a sidecar in a pod of another account',
      spec: { serviceAccountName: 'robot' },
      brought: { containers: [{ name: 'new', image: 'n:1' }] },
    },
  ])('$what', ({ spec, brought, settings = {}, own = [] }) => {
    const t = template('t', { spec: brought }, settings);
    const { pod: grafted } = graft(arrived(spec), [t]);
    expect(mounts(grafted, 'new')).toEqual([...own, mount]);
    const written = graft(pod(spec), [t]).pod;
    expect(mounts(throughServer(written), 'new')).toEqual([...own, mount]);
  });

  test('each pod the name of its own volume, whatever the one before had', () => {
    for (const name of ['kube-api-access-aaaaa', 'kube-api-access-bbbbb']) {
      const given = change(arrived(), {
        containers: [{ name: 'main', image: 'app:1', volumeMounts: [{ ...mount, name }] }],
        volumes: [{ ...tokenVolume, name }],
      });
      expect(mounts(graft(given, [log]).pod, 'log')).toEqual([{ ...mount, name }]);
    }
  });

  test('what an earlier round brought, and has none, says nothing about what the plugin does', () => {
    const first = decide(asking(arrived(), 'log'), [log]).pod;
    const t = template('t', { spec: { containers: [{ name: 'new', image: 'n:1' }] } });
    const again = asking(unmounted(first, 'containers', 'log'), 'log', 't');
    const { pod: grafted } = decide(again, [log, t]);
    expect(mounts(grafted, 'new')).toEqual([mount]);
    expect(mounts(grafted, 'log')).toEqual([]);
  });
});

describe('nothing is mounted where the pod does not show that the plugin would', () => {
  const early = { name: 'kube-api-access-early', emptyDir: {} };
  const certificate = { configMap: { name: 'kube-root-ca.crt' } };
  test.each<{ what: string; given: JsonObject; spec?: JsonObject; own?: readonly Json[] }>([
    { what: 'a manifest by hand', given: pod() },
    { what: 'a pod that wants no token', given: change(arrived(), { automountServiceAccountToken: false }) },
    { what: 'a pod without the volume', given: change(arrived(), { volumes: [] }) },
    {
      what: 'a volume of such a name with something else in it',
      given: change(arrived(), { volumes: [{ ...tokenVolume, projected: { sources: [certificate] } }] }),
    },
    {
      what: 'another volume of such a name before it, which the plugin would take',
      given: change(arrived(), { volumes: [early, tokenVolume] }),
    },
    { what: 'a container without the mount', given: unmounted(arrived(), 'containers', 'main') },
    {
      what: 'an init container without the mount',
      given: unmounted(arrived({ initContainers: [setup] }), 'initContainers', 'setup'),
    },
    { what: 'a template that sets the account', given: arrived(), spec: { serviceAccountName: 'robot' } },
    {
      what: "a template that sets the account, which is the pod's already",
      given: arrived({ serviceAccountName: 'robot' }),
      spec: { serviceAccountName: 'robot' },
    },
    { what: 'a template that wants no token', given: arrived(), spec: { automountServiceAccountToken: false } },
    { what: 'a template that wants a token', given: arrived(), spec: { automountServiceAccountToken: true } },
    {
      what: 'a container with a mount of its own at that path',
      given: arrived(),
      spec: {
        containers: [{ name: 'log', image: 'log:1', volumeMounts: [{ name: 'own', mountPath: path }] }],
        volumes: [{ name: 'own', emptyDir: {} }],
      },
      own: [{ name: 'own', mountPath: path }],
    },
  ])('$what', ({ given, spec = {}, own = [] }) => {
    const t = template('t', { spec: { containers: [{ name: 'log', image: 'log:1' }], ...spec } });
    expect(mounts(graft(given, [t]).pod, 'log')).toEqual(own);
  });

  test('a forged mark, by which all containers were brought', () => {
    const forged = { version: 1, containers: ['main'], templates: [{ name: 'x', elements: ['containers[main]'] }] };
    const annotations = { 'podgraft.dev/injected': JSON.stringify(forged) };
    const given = throughServer(pod({}, { annotations }));
    expect(mounts(graft(given, [log]).pod, 'log')).toEqual([]);
  });
});

test('a template that the pod overrules about its token decides nothing', () => {
  const t = template('t', {
    spec: { automountServiceAccountToken: false, containers: [{ name: 'log', image: 'log:1' }] },
  });
  const { pod: grafted } = graft(arrived({ automountServiceAccountToken: true }), [t]);
  expect(mounts(grafted, 'log')).toEqual([mount]);
});

test('the mark is the same with the mount and without', () => {
  expect(mark(graft(arrived(), [log]).pod)).toEqual(mark(graft(pod(), [log]).pod));
});

test('what Kubernetes refuses in an added container is found beside the mount', () => {
  const t = template('t', {
    spec: { containers: [{ name: 'log', image: 'log:1', ports: [{ containerPort: 80, hostPort: 81 }] }] },
  });
  expect(graft(arrived({ hostNetwork: true }), [t]).codes).toEqual(['PG021']);
});

test.each([
  { what: 'beside mounts of the template', own: [{ name: 'v', mountPath: '/v' }], index: 1 },
  { what: 'alone', own: [], index: 0 },
])('the mount is podgraft’s, the container the template’s: $what', ({ own, index }) => {
  const t = template('t', {
    spec: {
      containers: [{ name: 'log', image: 'log:1', ...(own.length > 0 ? { volumeMounts: own } : {}) }],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
  });
  const given = asking(arrived(), 't');
  const { outcome, pod: grafted } = decide(given, [t]);
  const edits = outcome.kind === 'graft' ? outcome.graft.edits : [];
  const at = names(grafted, 'containers').indexOf('log');
  const from = new Map(
    attributions(attribute(given, edits)).map(({ field: place, from: by }) => [formatPath(place), by]),
  );
  const ours = `spec.containers[${at}].volumeMounts[${index}]`;
  const byPodgraft = [...from].filter(([place, by]) => by === 'podgraft' && place.startsWith('spec.'));
  expect(byPodgraft.map(([place]) => place)).toEqual(Object.keys(mount).map((key) => `${ours}.${key}`));
  expect(from.get(`spec.containers[${at}].image`)).toBe('podgraft-system/t');
  expect(field(container(grafted, 'log'), 'image')).toBe('log:1');
});
