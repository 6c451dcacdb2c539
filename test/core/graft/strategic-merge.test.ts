import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayField, isArray, isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../../src/core/json.ts';
import { pod, template } from '../../support/fixtures.ts';
import { graft } from '../../support/graft.ts';
import { missingKubectl, strategicMerge } from '../../support/kubectl.ts';

// A second opinion on the cases where a strategic merge patch and our rules must agree: where the template only fills
// gaps and adds elements to lists that have keys. (They differ on purpose where values differ: a patch's value wins.)

interface Case {
  readonly what: string;
  readonly pod: JsonObject;
  readonly metadata?: JsonObject;
  readonly template: JsonObject;
}

const main = (more: JsonObject): JsonObject => ({ containers: [{ name: 'main', image: 'app:1', ...more }] });
const primary = (more: JsonObject): JsonObject => ({ spec: { containers: [{ name: 'primary', ...more }] } });
const volume = (name: string): Json => ({ name, emptyDir: {} });
const cases: readonly Case[] = [
  { what: 'an empty template', pod: {}, template: {} },
  {
    what: 'labels and annotations',
    pod: {},
    metadata: { labels: { a: '1' }, annotations: { b: '1' } },
    template: { metadata: { labels: { c: '2' }, annotations: { 'd/e': '2' } } },
  },
  {
    what: 'scalars',
    pod: { hostname: 'h' },
    template: { spec: { subdomain: 's', schedulerName: 'x', hostNetwork: true } },
  },
  {
    what: 'nested objects',
    pod: { securityContext: { runAsUser: 1, seccompProfile: { type: 'RuntimeDefault' } } },
    template: { spec: { securityContext: { fsGroup: 2, supplementalGroups: [3] } } },
  },
  { what: 'nodeSelector', pod: { nodeSelector: { a: '1' } }, template: { spec: { nodeSelector: { b: '2' } } } },
  { what: 'volumes', pod: { volumes: [volume('a')] }, template: { spec: { volumes: [volume('b'), volume('a')] } } },
  {
    what: 'image pull secrets',
    pod: { imagePullSecrets: [{ name: 'a' }] },
    template: { spec: { imagePullSecrets: [{ name: 'a' }, { name: 'b' }] } },
  },
  {
    what: 'host aliases of other addresses',
    pod: { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }] },
    template: { spec: { hostAliases: [{ ip: '10.0.0.2', hostnames: ['b'] }] } },
  },
  {
    what: 'topology spread constraints of other keys',
    pod: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
    template: {
      spec: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'node', whenUnsatisfiable: 'ScheduleAnyway' }] },
    },
  },
  {
    what: 'tolerations, where the pod has none',
    pod: {},
    template: { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } },
  },
  {
    what: 'affinity, where the pod has none',
    pod: {},
    template: {
      spec: {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'kubernetes.io/hostname' },
            ],
          },
        },
      },
    },
  },
  {
    what: 'sidecars and init containers',
    pod: { initContainers: [{ name: 'setup', image: 's:1' }] },
    template: {
      spec: {
        containers: [{ name: 'log', image: 'l:1', args: ['x'], env: [{ name: 'A', value: '' }] }],
        initContainers: [{ name: 'prepare', image: 'p:1' }],
      },
    },
  },
  {
    what: 'ports and mounts of the primary container',
    pod: {
      ...main({ ports: [{ containerPort: 80 }], volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      volumes: [volume('v')],
    },
    template: primary({
      ports: [{ containerPort: 81, name: 'admin' }],
      volumeMounts: [{ name: 'v', mountPath: '/w' }],
    }),
  },
  {
    what: 'env of the primary container',
    pod: main({ env: [{ name: 'A', value: '1' }] }),
    template: primary({ env: [{ name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
  },
  {
    what: 'resources of the primary container',
    pod: main({ resources: { requests: { cpu: '1' } } }),
    template: primary({ resources: { requests: { memory: '1Gi' }, limits: { cpu: '2' } } }),
  },
  {
    what: 'a probe, a handler and a security context, where the primary container has none',
    pod: {},
    template: primary({
      livenessProbe: { httpGet: { port: 80, path: '/' } },
      lifecycle: { preStop: { exec: { command: ['x'] } } },
      securityContext: { capabilities: { drop: ['ALL'] }, runAsNonRoot: true },
    }),
  },
];

/** The template as a patch of this pod: the primary entry has the primary container's name. */
function toPatch(wanted: JsonObject): string {
  const spec = objectField(wanted, 'spec');
  const containers = arrayField(spec, 'containers').map((entry) =>
    isObject(entry) && entry['name'] === 'primary' ? { ...entry, name: 'main' } : entry,
  );
  return JSON.stringify({ ...wanted, spec: { ...spec, ...(containers.length > 0 ? { containers } : {}) } });
}

// A strategic merge puts new elements in front; ours go behind. The order of such lists isn't what is compared here.
const listKeys = ['name', 'mountPath', 'containerPort', 'ip', 'topologyKey'];
const ours = /^podgraft\.dev\/|^kubectl\.kubernetes\.io\/default-container$/;

function comparable(value: Json): Json {
  if (isArray(value)) {
    const order = (element: Json): string =>
      listKeys.map((key) => (isObject(element) ? JSON.stringify(element[key] ?? '') : '')).join('/');
    return value.map(comparable).toSorted((a, b) => order(a).localeCompare(order(b)));
  }
  if (!isObject(value)) return value;
  const result: MutableJsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const held = comparable(inner);
    const isEmptyMap = (key === 'labels' || key === 'annotations') && Object.keys(held ?? {}).length === 0;
    if (!ours.test(key) && !isEmptyMap) result[key] = held;
  }
  return result;
}

const missing = await missingKubectl();
if (missing !== undefined && process.env['CI'] !== 'true') process.stderr.write(`skipped: ${missing}\n`);

test('kubectl is here, or this is no continuous integration', () => {
  expect(process.env['CI'] === 'true' ? missing : undefined).toBeUndefined();
});

describe.runIf(missing === undefined)('kubectl patch --type=strategic makes the same of it', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podgraft-strategic-'));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  test.each(cases)('$what', async ({ what, pod: spec, metadata, template: wanted }) => {
    const given = pod(spec, metadata);
    const file = join(folder, `${what.replaceAll(/\W+/g, '-')}.json`);
    await writeFile(file, JSON.stringify(given));
    const theirs = JSON.parse(await strategicMerge(file, toPatch(wanted))) as JsonObject;
    const t = template('t', wanted, { protect: ['image', 'command', 'args'] });
    const result = graft(given, [t]);
    expect(result.problems).toEqual([]);
    expect(stringField(theirs, 'kind')).toBe('Pod');
    expect(comparable(result.pod)).toEqual(comparable(theirs));
  });
});
