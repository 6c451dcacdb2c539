import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Template } from '../../../src/core/template.ts';
import { throughServer } from '../../support/api-server.ts';
import { asking, covered, pod, template } from '../../support/fixtures.ts';
import { at, decide, graft, mark, names, settle } from '../../support/graft.ts';

const log = {
  name: 'log',
  image: 'log:1',
  env: [{ name: 'A', value: 'a' }],
  ports: [{ containerPort: 99 }],
  resources: { requests: { cpu: '0.5' }, limits: { memory: '1Gi' } },
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
};
const t = template('t', {
  metadata: { labels: { l: 't' }, annotations: { a: 't' } },
  spec: {
    containers: [
      { name: 'primary', terminationMessagePath: '/dev/t', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      log,
    ],
    initContainers: [{ name: 'prepare', image: 'p:1' }],
    volumes: [{ name: 'v', configMap: { name: 'c' } }],
    tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    priorityClassName: 'high',
    dnsConfig: { searches: ['s'] },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
        },
      },
    },
  },
});
const given = asking(pod(), 't');
const spec = (of: JsonObject): JsonObject => at(of, 'spec') as JsonObject;
const list = (of: JsonObject, name: string): readonly Json[] => at(of, 'spec', name) as readonly Json[];
const withContainer = (of: JsonObject, name: string, change: JsonObject): JsonObject => ({
  ...of,
  spec: {
    ...spec(of),
    containers: list(of, 'containers').map((each) =>
      at(each, 'name') === name ? { ...(each as JsonObject), ...change } : each,
    ),
  },
});

describe('a second round makes no edit', () => {
  const first = decide(given, [t]).pod;

  test.each([
    { what: 'at once', again: first },
    { what: 'after defaulting, token mounts, priority and tolerations', again: throughServer(first) },
    { what: 'twice through the API server', again: throughServer(throughServer(first)) },
    { what: 'after a LimitRange', again: throughServer(first, { limits: { cpu: '1' }, requests: { cpu: '100m' } }) },
    {
      what: 'after a mesh has put a container in front and one behind',
      again: {
        ...first,
        spec: {
          ...spec(first),
          containers: [
            { name: 'proxy', image: 'mesh:1' },
            ...list(first, 'containers'),
            { name: 'agent', image: 'mesh:2' },
          ],
        },
      },
    },
    {
      what: 'after a mesh has put an init container in front',
      again: {
        ...first,
        spec: { ...spec(first), initContainers: [{ name: 'mesh', image: 'm:1' }, ...list(first, 'initContainers')] },
      },
    },
    {
      what: 'after a webhook has added env, a mount and a volume to our sidecar',
      again: withContainer(first, 'log', {
        env: [
          { name: 'B', value: 'b' },
          { name: 'A', value: 'a' },
        ],
        volumeMounts: [
          { name: 'v', mountPath: '/v' },
          { name: 'w', mountPath: '/w' },
        ],
      }),
    },
    {
      what: 'after labels and annotations were added',
      again: {
        ...first,
        metadata: {
          ...(first['metadata'] as JsonObject),
          labels: { ...(at(first, 'metadata', 'labels') as JsonObject), other: 'x' },
        },
      },
    },
  ])('$what', ({ again }) => {
    expect(decide(again, [t])).toMatchObject({ kind: 'graft', patch: [] });
  });
});

describe('an element is there already where the template’s is a subset of the live one', () => {
  const only = template('only', { spec: { containers: [log], volumes: [{ name: 'v', emptyDir: {} }] } });
  const live = (change: JsonObject): JsonObject =>
    pod({
      containers: [
        { name: 'main', image: 'app:1' },
        { ...log, ...change },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    });

  test.each([
    { what: 'equal', change: {} },
    {
      what: 'more env',
      change: {
        env: [
          { name: 'Z', value: 'z' },
          { name: 'A', value: 'a' },
        ],
      },
    },
    { what: 'more fields', change: { tty: true, securityContext: { runAsUser: 1 } } },
    {
      what: 'quantities written otherwise',
      change: { resources: { requests: { cpu: '500m' }, limits: { memory: '1024Mi' } } },
    },
    { what: 'the protocol filled in', change: { ports: [{ containerPort: 99, protocol: 'TCP' }] } },
    { what: 'null and empty values', change: { command: null, envFrom: [], workingDir: '', stdin: false } },
    { what: 'a default written out', change: { imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' } },
  ])('$what: left alone', ({ change }) => {
    const held = live(change);
    expect(graft(held, [only]).pod['spec']).toEqual(held['spec']);
  });

  test.each([
    { what: 'another image', change: { image: 'log:2' } },
    { what: 'another value', change: { env: [{ name: 'A', value: 'b' }] } },
    { what: 'less', change: { env: [] } },
    { what: 'another command', change: { command: ['x'] } },
    { what: 'another port', change: { ports: [{ containerPort: 98 }] } },
    { what: 'another mount path', change: { volumeMounts: [{ name: 'v', mountPath: '/w' }] } },
  ])('$what: refused where no mark lists it', ({ change }) => {
    const wanted = 'command' in change ? { ...log, command: ['y'] } : log;
    const asked = template('only', { spec: { containers: [wanted], volumes: [{ name: 'v', emptyDir: {} }] } });
    expect(graft(live(change), [asked]).codes).toEqual(['PG012']);
  });

  test.each([
    { what: 'shorter', args: ['a'] },
    { what: 'longer', args: ['a', 'b', 'c'] },
    { what: 'in another order', args: ['b', 'a'] },
  ])('an atomic list that is $what does not match', ({ args }) => {
    const asked = template('only', { spec: { containers: [{ name: 'x', image: 'x:1', args: ['a', 'b'] }] } });
    const held = (of: readonly string[]): JsonObject =>
      pod({
        containers: [
          { name: 'main', image: 'app:1' },
          { name: 'x', image: 'x:1', args: of },
        ],
      });
    expect(graft(held(args), [asked]).codes).toEqual(['PG012']);
    expect(graft(held(['a', 'b']), [asked]).kind).toBe('graft');
  });
});

describe('an element that another webhook has changed since', () => {
  const first = decide(given, [t]).pod;

  test.each([
    { what: 'a registry mirror that rewrote the image', change: { image: 'mirror.local/log:1' } },
    { what: 'other args', change: { args: ['--mesh'] } },
    { what: 'env taken away', change: { env: [] } },
  ])('stays as it is, with no second copy and no refusal: $what', ({ change }) => {
    const result = decide(withContainer(first, 'log', change), [t]);
    expect(result).toMatchObject({ kind: 'graft', patch: [] });
    expect(names(result.pod, 'containers')).toEqual(['main', 'log']);
  });

  test('stays where it was moved to: a sidecar that has been made a native one', () => {
    const [main, sidecar] = (at(first, 'spec', 'containers') ?? []) as readonly JsonObject[];
    const before = (at(first, 'spec', 'initContainers') ?? []) as readonly JsonObject[];
    const native = { ...sidecar, restartPolicy: 'Always' };
    const moved = { ...spec(first), containers: [main ?? null], initContainers: [native, ...before] };
    const result = settle({ ...first, spec: moved }, [t]);
    expect(result.kind).toBe('graft');
    expect(names(result.pod, 'containers')).toEqual(['main']);
    expect(names(result.pod, 'initContainers')).toEqual(['log', 'prepare']);
  });

  test('a volume, too', () => {
    const again = {
      ...first,
      spec: { ...spec(first), volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 256 } }] },
    };
    expect(decide(again, [t])).toMatchObject({ kind: 'graft', patch: [] });
  });

  test('a mount of the primary container, too', () => {
    const again = withContainer(first, 'main', { volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] });
    expect(decide(again, [t])).toMatchObject({ kind: 'graft', patch: [] });
  });

  test('is added again where it is gone', () => {
    const again = { ...first, spec: { ...spec(first), containers: list(first, 'containers').slice(0, 1) } };
    expect(names(decide(again, [t]).pod, 'containers')).toEqual(['main', 'log']);
  });

  test('counts only under the template that the mark lists it for', () => {
    const other = template('other', { spec: { containers: [{ name: 'log', image: 'other:1' }] } });
    const both = asking(first, 't', 'other');
    expect(decide(both, [t, other]).kind).toBe('refuse');
  });
});

test('another generation of the template is no reason for a second copy or a refusal', () => {
  const first = decide(given, [t]).pod;
  const newer = template('t', {
    spec: { containers: [{ ...log, image: 'log:2' }], volumes: [{ name: 'v', configMap: { name: 'c' } }] },
  });
  const result = decide(first, [newer]);
  expect(result.kind).toBe('graft');
  expect(names(result.pod, 'containers')).toEqual(['main', 'log']);
  expect(at(result.pod, 'spec', 'containers', 1, 'image')).toBe('log:1');
});

test('the same pod and templates give byte-equal patches, whatever the order in which templates were loaded', () => {
  const matched = (id: string): Template => template(id, { metadata: { labels: { [id]: 'x' } } }, { match: {} });
  const all = [t, matched('a'), matched('b'), matched('c')];
  const patches = [all, all.toReversed(), [...all.slice(2), ...all.slice(0, 2)]].map((templates) =>
    JSON.stringify(decide(given, templates, { namespace: covered }).patch),
  );
  expect(new Set(patches).size).toBe(1);
});

test('every round writes the same mark', () => {
  const once = decide(given, [t]).pod;
  const twice = decide(throughServer(once), [t]).pod;
  expect(mark(twice)).toEqual(mark(once));
});

test('the mark of a pod that had it all already is the same as of one that was given it', () => {
  const once = decide(given, [t]).pod;
  const { annotations, labels: _, ...rest } = once['metadata'] as JsonObject;
  const bare = {
    ...once,
    metadata: { ...rest, annotations: { 'podgraft.dev/templates': 't', a: at(annotations, 'a') ?? '' } },
  };
  const again = decide(bare, [t]).pod;
  expect(at(mark(again), 'templates')).toEqual(at(mark(once), 'templates'));
});
