import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../../src/core/json.ts';
import type { Template } from '../../../../src/core/template.ts';
import { pod, template } from '../../../support/fixtures.ts';
import { at, decide, graft } from '../../../support/graft.ts';

const open = { protect: ['image', 'command', 'args'] };
/** A template whose primary entry asks for this. */
const primary = (entry: JsonObject, settings: JsonObject = {}, spec: JsonObject = {}): Template =>
  template('t', { spec: { ...spec, containers: [{ name: 'primary', ...entry }] } }, settings);
const main = (container: JsonObject = {}): JsonObject =>
  pod({
    containers: [{ name: 'main', image: 'app:1', ...container }],
    volumes: [
      { name: 'a', emptyDir: {} },
      { name: 'b', emptyDir: {} },
    ],
  });
const probe = (port: number): Json => ({ tcpSocket: { port } });
const env = (name: string, value: string): Json => ({ name, value });
const from = (name: string): Json => ({ configMapRef: { name } });

interface Case {
  readonly what: string;
  readonly pod: JsonObject;
  readonly entry: JsonObject;
  /** The fields of the primary container that come out. */
  readonly gives: JsonObject;
  readonly settings?: JsonObject;
}

const cases: readonly Case[] = [
  {
    what: 'image, command, args, resources and env are protected by default',
    pod: { command: ['p'], args: ['p'], resources: { requests: { cpu: '1' } }, env: [env('A', 'p')] },
    entry: {
      image: 't',
      command: ['t'],
      args: ['t'],
      resources: { requests: { memory: '1Gi' }, limits: { cpu: '9' } },
      env: [env('A', 't'), env('B', 't')],
      envFrom: [from('t')],
    },
    gives: {
      image: 'app:1',
      command: ['p'],
      args: ['p'],
      resources: { requests: { cpu: '1' } },
      env: [env('A', 'p')],
    },
  },
  {
    what: 'command, args, resources and env are protected where the pod has none, too',
    pod: {},
    entry: {
      command: ['t'],
      args: ['t'],
      resources: { limits: { cpu: '1' } },
      env: [env('A', 't')],
      envFrom: [from('t')],
      tty: true,
    },
    gives: { tty: true },
  },
  {
    what: 'env off the list: by name, missing ones are added, the pod value stands',
    pod: { env: [env('A', 'p'), { name: 'S', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
    entry: { env: [env('B', 't'), env('A', 't'), env('S', 't')] },
    settings: open,
    gives: {
      env: [env('A', 'p'), { name: 'S', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, env('B', 't')],
    },
  },
  {
    what: "env off the list: missing envFrom sources go in front of the pod's own",
    pod: { envFrom: [from('p')] },
    entry: { envFrom: [from('t1'), from('p'), from('t2')] },
    settings: open,
    gives: { envFrom: [from('t1'), from('t2'), from('p')] },
  },
  {
    what: 'resources off the list: per requests and limits and name, missing ones are added',
    pod: { resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } },
    entry: { resources: { requests: { cpu: '2', 'ephemeral-storage': '1Gi' }, limits: { cpu: '4', memory: '2Gi' } } },
    settings: open,
    gives: { resources: { requests: { cpu: '1', 'ephemeral-storage': '1Gi' }, limits: { cpu: '4', memory: '1Gi' } } },
  },
  {
    what: 'resources off the list: one that would put a limit below its request is left out',
    pod: { resources: { requests: { cpu: '2' } } },
    entry: { resources: { limits: { cpu: '1', memory: '1Gi' } } },
    settings: open,
    gives: { resources: { requests: { cpu: '2' }, limits: { memory: '1Gi' } } },
  },
  {
    what: "resources off the list: a pod's limit counts as its request",
    pod: { resources: { limits: { cpu: '1' } } },
    entry: { resources: { requests: { cpu: '500m', memory: '64Mi' } } },
    settings: open,
    gives: { resources: { limits: { cpu: '1' }, requests: { memory: '64Mi' } } },
  },
  {
    what: 'volumeMounts: by mountPath; one volume may be mounted at two paths',
    pod: { volumeMounts: [{ name: 'a', mountPath: '/a' }] },
    entry: {
      volumeMounts: [
        { name: 'a', mountPath: '/b' },
        { name: 'a', mountPath: '/a' },
      ],
    },
    gives: {
      volumeMounts: [
        { name: 'a', mountPath: '/a' },
        { name: 'a', mountPath: '/b' },
      ],
    },
  },
  {
    what: 'volumeMounts: equal after defaults',
    pod: { volumeMounts: [{ name: 'a', mountPath: '/a', readOnly: false, subPath: '' }] },
    entry: { volumeMounts: [{ name: 'a', mountPath: '/a' }] },
    gives: { volumeMounts: [{ name: 'a', mountPath: '/a', readOnly: false, subPath: '' }] },
  },
  {
    what: 'ports: by containerPort and protocol, joined key by key',
    pod: { ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] },
    entry: {
      ports: [
        { containerPort: 80, protocol: 'TCP', name: 'http' },
        { containerPort: 53, name: 'dns' },
      ],
    },
    gives: {
      ports: [
        { containerPort: 80, name: 'http' },
        { containerPort: 53, protocol: 'UDP' },
        { containerPort: 53, name: 'dns' },
      ],
    },
  },
  {
    what: 'probes: whole, only where the pod has none',
    pod: { livenessProbe: probe(1) },
    entry: {
      livenessProbe: { httpGet: { port: 2 }, periodSeconds: 3 },
      readinessProbe: probe(4),
      startupProbe: probe(5),
    },
    gives: { livenessProbe: probe(1), readinessProbe: probe(4), startupProbe: probe(5) },
  },
  {
    what: 'lifecycle: each handler whole',
    pod: { lifecycle: { preStop: { exec: { command: ['p'] } } } },
    entry: { lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ['t'] } } } },
    gives: { lifecycle: { preStop: { exec: { command: ['p'] } }, postStart: { exec: { command: ['t'] } } } },
  },
  {
    what: 'securityContext: key by key; capabilities and profiles whole',
    pod: { securityContext: { capabilities: { add: ['NET_ADMIN'] }, runAsUser: 1 } },
    entry: {
      securityContext: {
        capabilities: { drop: ['ALL'] },
        runAsUser: 2,
        readOnlyRootFilesystem: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
    gives: {
      securityContext: {
        capabilities: { add: ['NET_ADMIN'] },
        runAsUser: 1,
        readOnlyRootFilesystem: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
  },
  {
    what: 'an explicit false in a pointer field stands',
    pod: { securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: false } },
    entry: { securityContext: { allowPrivilegeEscalation: true, runAsNonRoot: true } },
    gives: { securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: false } },
  },
  {
    what: 'workingDir, stdin, tty: set where absent',
    pod: { workingDir: '/p' },
    entry: { workingDir: '/t', stdin: true, tty: true },
    gives: { workingDir: '/p', stdin: true, tty: true },
  },
  {
    what: 'atomic lists stand whole',
    pod: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
    entry: { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'NotRequired' }] },
    gives: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
  },
];

describe('the primary entry', () => {
  test.each(cases)('$what', ({ pod: container, entry, gives, settings }) => {
    const result = graft(main(container), [primary(entry, settings)]);
    expect(result.problems).toEqual([]);
    const expected = { name: 'main', image: 'app:1', ...container, ...gives };
    expect(at(result.pod, 'spec', 'containers')).toEqual([expected]);
  });

  test('volumeDevices: by devicePath, missing ones appended, different ones a conflict', () => {
    const claim = (name: string): Json => ({ name, persistentVolumeClaim: { claimName: name } });
    const given = pod({
      containers: [{ name: 'main', image: 'app:1', volumeDevices: [{ name: 'x', devicePath: '/dev/x' }] }],
      volumes: [claim('x'), claim('y')],
    });
    const adds = primary({
      volumeDevices: [
        { name: 'x', devicePath: '/dev/x' },
        { name: 'y', devicePath: '/dev/y' },
      ],
    });
    expect(at(graft(given, [adds]).pod, 'spec', 'containers', 0, 'volumeDevices')).toEqual([
      { name: 'x', devicePath: '/dev/x' },
      { name: 'y', devicePath: '/dev/y' },
    ]);
    const clashes = primary({ volumeDevices: [{ name: 'y', devicePath: '/dev/x' }] });
    expect(graft(given, [clashes]).codes).toEqual(['PG014']);
  });

  test('another thing mounted at a path of the pod is a conflict', () => {
    const given = main({ volumeMounts: [{ name: 'a', mountPath: '/data' }] });
    for (const mount of [
      { name: 'b', mountPath: '/data' },
      { name: 'a', mountPath: '/data', readOnly: true },
    ]) {
      const result = graft(given, [primary({ volumeMounts: [mount] })]);
      expect(result.codes).toEqual(['PG014']);
      expect(result.problems[0]).toMatch(/^spec\.containers\[0\]\.volumeMounts\[0\]/);
    }
  });

  test('a warning says that an envFrom may hide an added variable', () => {
    const t = primary({ env: [env('A', 't')] }, open);
    expect(graft(main({ envFrom: [from('p')] }), [t]).warnings.join('\n')).toContain('envFrom');
    expect(graft(main(), [t]).warnings).toEqual([]);
  });

  test('a warning says that a limit below its request was left out', () => {
    const t = primary({ resources: { limits: { cpu: '1' } } }, open);
    const result = graft(main({ resources: { requests: { cpu: '2' } } }), [t]);
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toMatch(/limits/);
  });

  test('a protected field that a template sets is dropped in silence', () => {
    const t = primary({ image: 't', command: ['t'], env: [env('A', 't')], resources: { limits: { cpu: '1' } } });
    expect(graft(main({ env: [env('A', 'p')] }), [t]).warnings).toEqual([]);
    expect(graft(main({ env: [env('A', 'p')] }), [primary({ image: 't' }, { conflictPolicy: 'Deny' })]).kind).toBe(
      'graft',
    );
  });
});

describe('default entries', () => {
  const both = (settings: JsonObject = open): Template =>
    template(
      't',
      {
        spec: {
          containers: [
            { name: 'primary', env: [env('X', 'primary'), env('P', 'primary')], workingDir: '/primary' },
            { name: 'default', env: [env('D', 'default'), env('X', 'default')], workingDir: '/default', tty: true },
            { name: 'sidecar', image: 's:1' },
          ],
          initContainers: [
            { name: 'default-init', workingDir: '/init' },
            { name: 'prepare', image: 'p:1' },
          ],
        },
      },
      settings,
    );
  const given = pod({
    containers: [
      { name: 'main', image: 'm:1' },
      { name: 'helper', image: 'h:1' },
    ],
    initContainers: [{ name: 'setup', image: 'i:1' }],
  });

  test("a key that both set keeps its place and has the primary entry's value; what default gives comes first", () => {
    const result = graft(given, [both()]);
    expect(at(result.pod, 'spec', 'containers', 0)).toEqual({
      name: 'main',
      image: 'm:1',
      env: [env('D', 'default'), env('X', 'primary'), env('P', 'primary')],
      workingDir: '/primary',
      tty: true,
    });
  });

  test.each<{ what: string; below: JsonObject; above: JsonObject; gives: JsonObject }>([
    {
      what: 'objects join, the primary entry wins',
      below: { securityContext: { runAsUser: 1, runAsGroup: 1 } },
      above: { securityContext: { runAsUser: 2, privileged: true } },
      gives: { securityContext: { runAsUser: 2, runAsGroup: 1, privileged: true } },
    },
    {
      what: 'maps of resources join',
      below: { resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } } },
      above: { resources: { requests: { cpu: '2' } } },
      gives: { resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2' } } },
    },
    {
      what: 'probes and handlers are whole',
      below: {
        livenessProbe: { tcpSocket: { port: 1 } },
        lifecycle: { preStop: { sleep: { seconds: 1 } }, postStart: { sleep: { seconds: 2 } } },
      },
      above: { livenessProbe: { httpGet: { port: 2 } }, lifecycle: { preStop: { exec: { command: ['x'] } } } },
      gives: {
        livenessProbe: { httpGet: { port: 2 } },
        lifecycle: { preStop: { exec: { command: ['x'] } }, postStart: { sleep: { seconds: 2 } } },
      },
    },
    {
      what: 'ports join by their keys, field by field, and keep their place',
      below: { ports: [{ containerPort: 1, hostPort: 1 }, { containerPort: 2 }] },
      above: { ports: [{ containerPort: 3 }, { containerPort: 1, name: 'a' }] },
      gives: { ports: [{ containerPort: 1, hostPort: 1, name: 'a' }, { containerPort: 2 }, { containerPort: 3 }] },
    },
    {
      what: 'mounts join by their path, each whole',
      below: {
        volumeMounts: [
          { name: 'a', mountPath: '/x', readOnly: true },
          { name: 'a', mountPath: '/y' },
        ],
      },
      above: { volumeMounts: [{ name: 'b', mountPath: '/x' }] },
      gives: {
        volumeMounts: [
          { name: 'b', mountPath: '/x' },
          { name: 'a', mountPath: '/y' },
        ],
      },
    },
    {
      what: 'atomic lists are whole',
      below: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
      above: { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'NotRequired' }] },
      gives: { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'NotRequired' }] },
    },
    {
      what: 'what is unset takes nothing away',
      below: { tty: true, workingDir: '/d' },
      above: { tty: false, workingDir: '' },
      gives: { tty: true, workingDir: '/d' },
    },
  ])('under a primary entry: $what', ({ below, above, gives }) => {
    const t = template(
      't',
      {
        spec: {
          containers: [
            { name: 'default', ...below },
            { name: 'primary', ...above },
          ],
        },
      },
      open,
    );
    const result = graft(main(), [t]);
    expect(result.problems).toEqual([]);
    expect(at(result.pod, 'spec', 'containers', 0)).toEqual({ name: 'main', image: 'app:1', ...gives });
  });

  test('default reaches every container of the workload and none that a template brings', () => {
    const result = graft(given, [both()]);
    expect(at(result.pod, 'spec', 'containers', 1)).toMatchObject({
      name: 'helper',
      workingDir: '/default',
      tty: true,
    });
    expect(at(result.pod, 'spec', 'containers', 2)).toEqual({ name: 'sidecar', image: 's:1' });
  });

  test('default-init reaches every init container of the workload and none that a template brings', () => {
    const result = graft(given, [both()]);
    expect(at(result.pod, 'spec', 'initContainers')).toEqual([
      { name: 'setup', image: 'i:1', workingDir: '/init' },
      { name: 'prepare', image: 'p:1' },
    ]);
  });

  test("default doesn't reach containers that another selected template brings", () => {
    const other = template('other', { spec: { containers: [{ name: 'log', image: 'l:1' }] } });
    const result = graft(given, [both(), other]);
    expect(at(result.pod, 'spec', 'containers', 3)).toEqual({ name: 'log', image: 'l:1' });
  });

  test("where the mark stands, only those that it lists are the workload's", () => {
    const once = graft(given, [both()]).pod;
    const spec = at(once, 'spec') as JsonObject;
    const proxy = { name: 'proxy', image: 'mesh:1' };
    const init = { name: 'proxy-init', image: 'mesh:1' };
    const meshed = {
      ...once,
      spec: {
        ...spec,
        containers: [...(spec['containers'] as Json[]), proxy],
        initContainers: [init, ...(spec['initContainers'] as Json[])],
      },
    };
    expect(decide(meshed, [both()]).patch).toEqual([]);
  });

  test('primary-init and noop have no effect', () => {
    const t = template('t', {
      spec: {
        containers: [{ name: 'noop', image: 'n', tty: true }],
        initContainers: [{ name: 'primary-init', image: 'n', tty: true }],
      },
    });
    const result = graft(given, [t]);
    expect(result.pod['spec']).toEqual(given['spec']);
  });

  test('sources of envFrom stand in the order default, primary, templates, in front of the pod', () => {
    const a = template(
      'a',
      {
        spec: {
          containers: [
            { name: 'primary', envFrom: [from('a-primary')] },
            { name: 'default', envFrom: [from('a-default')] },
          ],
        },
      },
      open,
    );
    const b = template('b', { spec: { containers: [{ name: 'primary', envFrom: [from('b-primary')] }] } }, open);
    const result = graft(main({ envFrom: [from('pod')] }), [a, b]);
    expect(at(result.pod, 'spec', 'containers', 0, 'envFrom')).toEqual(
      ['a-default', 'a-primary', 'b-primary', 'pod'].map(from),
    );
  });
});
