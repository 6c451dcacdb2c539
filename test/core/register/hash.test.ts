import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isArray, isObject } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { injectionTemplate, parsed, settings, template, yamlObject } from '../../support/fixtures.ts';

const base = yamlObject(`
  metadata: {labels: {a: b, c: d}}
  spec:
    serviceAccountName: robot
    containers:
      - name: log
        image: log:1
        resources: {requests: {cpu: 500m, memory: 1Gi}}
        ports: [{containerPort: 80}]
        env: [{name: A, value: x}]
    volumes: [{name: v, emptyDir: {}}]
`);
const hashOf = (podTemplate: JsonObject, spec: JsonObject = {}): string => template('t', podTemplate, spec).hash;

/** The same value with the keys of every object turned round. */
function reversed(value: Json): Json {
  if (isArray(value)) return value.map(reversed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

describe('the hash of a template', () => {
  it('has its form', () => {
    expect(hashOf(base)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('stays the same in all versions: pods carry it', () => {
    expect(hashOf(base)).toBe('sha256:66b5b11a7041762db9e461312ecdb8fa231643d496710366f22d669a4013c6ec');
  });

  it.each<[string, string, string]>([
    ['null', 'hostNetwork: null', ''],
    ['an empty list', 'tolerations: []', ''],
    ['an empty map', 'nodeSelector: {}', ''],
    ['false where it means unset', 'hostNetwork: false', ''],
    ['an empty string where it means unset', "schedulerName: ''", ''],
    [
      'another way to write an amount',
      'volumes: [{name: v, emptyDir: {sizeLimit: 1024Mi}}]',
      'volumes: [{name: v, emptyDir: {sizeLimit: 1Gi}}]',
    ],
    [
      'an amount as a number',
      'containers: [{name: a, image: a:1, resources: {limits: {cpu: 0.5}}}]',
      'containers: [{name: a, image: a:1, resources: {limits: {cpu: 500m}}}]',
    ],
    [
      'the protocol that a port has anyway',
      'containers: [{name: a, image: a:1, ports: [{containerPort: 1, protocol: TCP}]}]',
      'containers: [{name: a, image: a:1, ports: [{containerPort: 1}]}]',
    ],
    ['the source that a volume has anyway', 'volumes: [{name: v, emptyDir: {}}]', 'volumes: [{name: v}]'],
    ['the alias of the account', 'serviceAccount: robot', 'serviceAccountName: robot'],
    ['both names of the account', 'serviceAccount: robot, serviceAccountName: robot', 'serviceAccountName: robot'],
    [
      'an empty struct',
      'containers: [{name: a, image: a:1, resources: {requests: {}}}]',
      'containers: [{name: a, image: a:1}]',
    ],
  ])('doesn’t change by %s', (_name, one, other) => {
    expect(hashOf(yamlObject(`spec: {${one}}`))).toBe(hashOf(yamlObject(`spec: {${other}}`)));
  });

  it('doesn’t change by the order of keys', () => {
    const spec = yamlObject(
      '{protect: [image, command, args], conflictPolicy: Deny, sidecars: {lifecycleByName: {log: Native}, resources: {requests: {cpu: 1, memory: 1Gi}}}}',
    );
    const document = injectionTemplate('t', base, spec);
    const turned = reversed(document);
    expect(JSON.stringify(turned)).not.toBe(JSON.stringify(document));
    expect(parsed(turned)).toEqual(parsed(document));
    expect(parsed(turned).hash).toBe(parsed(document).hash);
  });

  it.each<[string, string]>([
    ['description', 'description: Other'],
    ['match', 'match: {podSelector: {}}'],
    ['order', 'order: 5'],
    ['allowedNamespaces', 'allowedNamespaces: {}'],
    ['enforcement', 'match: {}, enforcement: Required'],
    [
      'what is the default anyway',
      'protect: [env, args, command, resources, image], primaryContainerName: primary, conflictPolicy: KeepPod, sidecars: {lifecycle: Auto, initOrder: Last}',
    ],
  ])('doesn’t change by %s', (_name, spec) => {
    expect(hashOf(base, yamlObject(`{${spec}}`))).toBe(hashOf(base));
  });

  it('nor by the name and namespace', () => {
    expect(template('team/u', base).hash).toBe(hashOf(base));
  });

  it('two ways to write one preset are one', () => {
    const of = (cpu: Json): string => hashOf(base, { sidecars: { resources: { limits: { cpu } } } });
    expect(of('0.5')).toBe(of('500m'));
    expect(of('0.5')).not.toBe(of('501m'));
  });

  it('changes by everything that decides a graft, each differently', () => {
    const hashes = [
      hashOf(base),
      hashOf(base, { primaryContainerName: 'main' }),
      hashOf(base, { protect: ['image', 'command', 'args'] }),
      hashOf(base, { conflictPolicy: 'Deny' }),
      hashOf(base, { sidecars: { lifecycle: 'Native' } }),
      hashOf(base, { sidecars: { lifecycleByName: { log: 'Native' } } }),
      hashOf(base, { sidecars: { initOrder: 'First' } }),
      hashOf(base, { sidecars: { resources: { requests: { cpu: '1' } } } }),
      hashOf(base, { sidecars: { resources: { limits: { cpu: '1' } } } }),
      hashOf({ ...base, metadata: { labels: { a: 'b' } } }),
      hashOf({ ...base, spec: {} }),
      hashOf({ ...base, spec: { shareProcessNamespace: false } }),
      hashOf({ ...base, spec: { enableServiceLinks: true } }),
      hashOf({ ...base, spec: { dnsPolicy: 'ClusterFirst' } }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('changes with the order of elements, which is theirs in the pod', () => {
    const two = (names: readonly string[]): string =>
      hashOf({ spec: { containers: names.map((name) => ({ name, image: 'a:1' })) } });
    expect(two(['a', 'b'])).not.toBe(two(['b', 'a']));
  });
});

describe('a core/v1 PodTemplate', () => {
  const podTemplate = (spec: JsonObject): JsonObject => ({
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 't', labels: { 'podgraft.dev/is-template': 'true' } },
    template: { metadata: { labels: { a: 'b' } }, spec },
  });
  const written = yamlObject(`
    serviceAccountName: robot
    containers:
      - {name: primary, image: "app:latest", terminationMessagePath: /dev/other}
      - name: log
        image: log:1
        ports: [{containerPort: 80}]
        livenessProbe: {httpGet: {port: 80}}
        env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    volumes:
      - {name: c, configMap: {name: c}}
      - {name: e}
      - {name: i, image: {reference: "i:1"}}
  `);
  // As kube-apiserver 1.36 stores it.
  const stored = yamlObject(`
    dnsPolicy: ClusterFirst
    restartPolicy: Always
    schedulerName: default-scheduler
    securityContext: {}
    serviceAccount: robot
    serviceAccountName: robot
    terminationGracePeriodSeconds: 30
    containers:
      - name: primary
        image: "app:latest"
        imagePullPolicy: Always
        resources: {}
        terminationMessagePath: /dev/other
        terminationMessagePolicy: File
      - name: log
        image: log:1
        imagePullPolicy: IfNotPresent
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
        ports: [{containerPort: 80, protocol: TCP}]
        livenessProbe: {httpGet: {port: 80, path: /, scheme: HTTP}, failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1}
        env: [{name: A, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}]
    volumes:
      - {name: c, configMap: {name: c, defaultMode: 420}}
      - {name: e, emptyDir: {}}
      - {name: i, image: {reference: "i:1", pullPolicy: IfNotPresent}}
  `);

  it('has one hash as a file and as the cluster stores it', () => {
    expect(parsed(podTemplate(stored)).hash).toBe(parsed(podTemplate(written)).hash);
    expect(parsed(podTemplate(stored)).compiled).toEqual(parsed(podTemplate(written)).compiled);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['restartPolicy', { restartPolicy: 'Always' }, { restartPolicy: 'Never' }],
    ['dnsPolicy', { dnsPolicy: 'ClusterFirst' }, { dnsPolicy: 'Default' }],
    ['schedulerName', { schedulerName: 'default-scheduler' }, { schedulerName: 's' }],
    ['terminationGracePeriodSeconds', { terminationGracePeriodSeconds: 30 }, { terminationGracePeriodSeconds: 31 }],
    ['securityContext', { securityContext: {} }, { securityContext: { runAsNonRoot: true } }],
  ])('%s: the default counts as unset, another value doesn’t', (_name, standard, other) => {
    expect(parsed(podTemplate(standard)).compiled.pod).toEqual(parsed(podTemplate({})).compiled.pod);
    expect(parsed(podTemplate(other)).compiled.pod).not.toEqual(parsed(podTemplate({})).compiled.pod);
  });

  it('in an InjectionTemplate a value that equals a default is asked for like any other', () => {
    const spec = { dnsPolicy: 'ClusterFirst' };
    expect(template('t', { spec }).compiled.pod).not.toEqual(template('t', {}).compiled.pod);
  });

  it('enableServiceLinks, which only pods get by default, is asked for', () => {
    expect(parsed(podTemplate({ enableServiceLinks: true })).compiled.pod).not.toEqual([]);
    expect(parsed(podTemplate({ enableServiceLinks: true })).compiled.pod).not.toEqual(
      parsed(podTemplate({})).compiled.pod,
    );
  });

  it('an imagePullPolicy other than the derived one is asked for', () => {
    const withPolicy = (imagePullPolicy: string): Json =>
      parsed(podTemplate({ containers: [{ name: 'log', image: 'log:1', imagePullPolicy }] })).compiled.sidecars[0]
        ?.value ?? null;
    expect(withPolicy('IfNotPresent')).toEqual({ name: 'log', image: 'log:1' });
    expect(withPolicy('Always')).toEqual({ name: 'log', image: 'log:1', imagePullPolicy: 'Always' });
  });
});

describe('hash and order of keys, for any labels and variables', () => {
  it('the same pod template with its keys turned round has the same hash', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
    const labels = fc.dictionary(name, name, { maxKeys: 5 });
    const variables = fc.uniqueArray(fc.record({ name, value: fc.string() }), {
      maxLength: 4,
      selector: (variable) => variable.name,
    });
    fc.assert(
      fc.property(labels, labels, variables, (metadataLabels, nodeSelector, env) => {
        const podTemplate = {
          metadata: { labels: metadataLabels },
          spec: { nodeSelector, containers: [{ name: 'log', image: 'log:1', env }] },
        };
        const turned = reversed(podTemplate);
        expect(parsed(injectionTemplate('t', turned as JsonObject), settings).hash).toBe(hashOf(podTemplate));
      }),
      { numRuns: 200 },
    );
  });
});
