import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Template } from '../../../src/core/template.ts';
import { throughServer } from '../../support/api-server.ts';
import { pod, settings, template } from '../../support/fixtures.ts';
import { at, container, graft, names } from '../../support/graft.ts';

const image = (name: string, more: JsonObject = {}): JsonObject => ({ name, image: `${name}:1`, ...more });
const adding = (...containers: readonly JsonObject[]): JsonObject => ({ spec: { containers } });
const sidecar = (id: string, name: string, sidecars: JsonObject = {}): Template =>
  template(id, adding(image(name)), { sidecars });
const never = { restartPolicy: 'Never' };
const own = { containers: [image('main'), image('helper')], initContainers: [image('setup')] };

describe('order', () => {
  test("sidecars come after the workload's containers, in template order, templates in selection order", () => {
    const a = template('a', adding(image('a1'), image('a2')));
    const b = template('b', adding(image('b1')));
    expect(names(graft(pod(own), [b, a]).pod, 'containers')).toEqual(['main', 'helper', 'b1', 'a1', 'a2']);
  });

  test("init containers, then native sidecars, go after the pod's own (Last, the default)", () => {
    const podTemplate = (name: string): JsonObject => ({
      spec: { containers: [image(`${name}-native`)], initContainers: [image(`${name}-init`)] },
    });
    const native = { sidecars: { lifecycle: 'Native' } };
    const result = graft(pod(own), [template('a', podTemplate('a'), native), template('b', podTemplate('b'), native)]);
    expect(names(result.pod, 'initContainers')).toEqual(['setup', 'a-init', 'b-init', 'a-native', 'b-native']);
  });

  test("with First they stand before the pod's own, in the same order; those of the others after", () => {
    const podTemplate = (name: string): JsonObject => ({
      spec: { containers: [image(`${name}-native`)], initContainers: [image(`${name}-init`)] },
    });
    const placed = (initOrder: string): JsonObject => ({ sidecars: { lifecycle: 'Native', initOrder } });
    const templates = [
      template('last', podTemplate('last'), placed('Last')),
      template('x', podTemplate('x'), placed('First')),
      template('y', podTemplate('y'), placed('First')),
    ];
    const result = graft(pod(own), templates);
    expect(names(result.pod, 'initContainers')).toEqual([
      'x-init',
      'y-init',
      'x-native',
      'y-native',
      'setup',
      'last-init',
      'last-native',
    ]);
    expect(names(result.pod, 'containers')).toEqual(['main', 'helper']);
  });

  test('First on a pod that has no init containers', () => {
    const t = template(
      't',
      { spec: { initContainers: [image('a'), image('b')] } },
      { sidecars: { initOrder: 'First' } },
    );
    expect(names(graft(pod(), [t]).pod, 'initContainers')).toEqual(['a', 'b']);
  });
});

describe('lifecycle', () => {
  test.each([
    { lifecycle: 'Auto', restartPolicy: undefined, native: false },
    { lifecycle: 'Auto', restartPolicy: 'Always', native: false },
    { lifecycle: 'Auto', restartPolicy: 'OnFailure', native: true },
    { lifecycle: 'Auto', restartPolicy: 'Never', native: true },
    { lifecycle: 'Native', restartPolicy: 'Always', native: true },
    { lifecycle: 'Container', restartPolicy: 'Never', native: false },
  ])('$lifecycle, restartPolicy $restartPolicy: native $native', ({ lifecycle, restartPolicy, native }) => {
    const given = pod(restartPolicy === undefined ? {} : { restartPolicy });
    const result = graft(given, [sidecar('t', 'log', { lifecycle })]);
    expect(at(result.pod, 'spec', native ? 'initContainers' : 'containers')).toContainEqual(
      image('log', native ? { restartPolicy: 'Always' } : {}),
    );
    expect(names(result.pod, native ? 'containers' : 'initContainers')).not.toContain('log');
  });

  test('Auto looks at the merged restartPolicy', () => {
    const t = template('t', { spec: { restartPolicy: 'Never', containers: [image('log')] } });
    expect(names(graft(pod(), [t]).pod, 'initContainers')).toEqual(['log']);
    expect(names(graft(throughServer(pod()), [t]).pod, 'initContainers')).toEqual(['log']);
  });

  test('lifecycleByName decides for one sidecar', () => {
    const t = template('t', adding(image('log'), image('tmp')), {
      sidecars: { lifecycle: 'Native', lifecycleByName: { tmp: 'Container' } },
    });
    const result = graft(pod(), [t]);
    expect(names(result.pod, 'initContainers')).toEqual(['log']);
    expect(names(result.pod, 'containers')).toEqual(['main', 'tmp']);
  });

  test('an entry with a restartPolicy of its own is never converted', () => {
    const t = template('t', adding(image('once', { restartPolicy: 'Never' })), { sidecars: { lifecycle: 'Native' } });
    const result = graft(pod(never), [t]);
    expect(names(result.pod, 'containers')).toEqual(['main', 'once']);
  });

  test('init containers of a template stay init containers', () => {
    const t = template('t', { spec: { initContainers: [image('a'), image('b', { restartPolicy: 'Always' })] } });
    expect(at(graft(pod(), [t]).pod, 'spec', 'initContainers')).toEqual([
      image('a'),
      image('b', { restartPolicy: 'Always' }),
    ]);
  });

  test("the workload's first container stays the first", () => {
    for (const lifecycle of ['Auto', 'Native', 'Container']) {
      const result = graft(pod({ ...own, ...never }), [sidecar('t', 'log', { lifecycle })]);
      expect(names(result.pod, 'containers').slice(0, 2)).toEqual(['main', 'helper']);
    }
  });
});

describe('names are unique over all lists', () => {
  const t = sidecar('t', 'log');

  test.each([
    {
      what: 'a container',
      spec: { containers: [image('main'), { name: 'log', image: 'mine' }] },
      field: 'spec.containers[1].name',
    },
    {
      what: 'an init container',
      spec: { initContainers: [{ name: 'log', image: 'mine' }] },
      field: 'spec.initContainers[0].name',
    },
    {
      what: 'an ephemeral container',
      spec: { ephemeralContainers: [{ name: 'log', image: 'mine' }] },
      field: 'spec.ephemeralContainers[0].name',
    },
    {
      what: 'an equal container in the other list',
      spec: { initContainers: [image('log')] },
      field: 'spec.initContainers[0].name',
    },
  ])('$what of the pod that has the name: a conflict', ({ spec, field }) => {
    const result = graft(pod(spec), [t]);
    expect(result.codes).toEqual(['PG012']);
    expect(result.problems[0]).toMatch(
      new RegExp(`^${field.replaceAll(/[[\].]/g, String.raw`\$&`)}: Duplicate value: "log": `),
    );
  });

  test('one that is there already, in the same list, is left alone', () => {
    const given = pod({ containers: [image('main'), image('log', { tty: true })] });
    expect(graft(given, [t]).pod['spec']).toEqual(given['spec']);
  });
});

describe('resource presets', () => {
  const presets = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '200m', memory: '256Mi' } };
  const resources = (given: JsonObject, name: string): Json | undefined => container(given, name)['resources'];
  const asked = (wanted: JsonObject | undefined, sidecars: JsonObject, around = {}): Json | undefined => {
    const t = template('t', adding(image('log', wanted === undefined ? {} : { resources: wanted })), { sidecars });
    return resources(graft(pod(), [t], around).pod, 'log');
  };

  test.each([
    { what: 'neither: both from the presets', wanted: undefined, gives: presets },
    {
      what: 'a limit for memory: only cpu comes from the presets',
      wanted: { limits: { memory: '1Gi' } },
      gives: { requests: { cpu: '100m' }, limits: { memory: '1Gi', cpu: '200m' } },
    },
    {
      what: 'a request for cpu: only memory comes from the presets',
      wanted: { requests: { cpu: '1' } },
      gives: { requests: { cpu: '1', memory: '128Mi' }, limits: { memory: '256Mi' } },
    },
    {
      what: 'both set: nothing',
      wanted: { requests: { cpu: '1' }, limits: { memory: '1Gi' } },
      gives: { requests: { cpu: '1' }, limits: { memory: '1Gi' } },
    },
  ])('$what', ({ wanted, gives }) => {
    expect(asked(wanted, { resources: presets })).toEqual(gives);
  });

  test("the setting's, where the template has none", () => {
    const around = { settings: { ...settings, sidecarResources: { requests: { cpu: '10m' } } } };
    expect(asked(undefined, {}, around)).toEqual({ requests: { cpu: '10m' } });
    expect(asked(undefined, { resources: presets }, around)).toEqual(presets);
  });

  test('none by default: nothing else is invented', () => {
    expect(asked(undefined, {})).toBeUndefined();
  });

  test("neither the workload's containers nor the template's init containers get any", () => {
    const t = template('t', { spec: { initContainers: [image('prepare')] } }, { sidecars: { resources: presets } });
    const result = graft(pod(), [t]);
    expect(resources(result.pod, 'main')).toBeUndefined();
    expect(resources(result.pod, 'prepare')).toBeUndefined();
  });

  test('a sidecar that is there already is found without its presets', () => {
    const t = template('t', adding(image('log')), { sidecars: { resources: presets } });
    const given = pod({ containers: [image('main'), image('log')] });
    expect(graft(given, [t]).pod['spec']).toEqual(given['spec']);
  });
});

describe('volumes that sidecars mount', () => {
  const mounting = (name: string): JsonObject => image('log', { volumeMounts: [{ name, mountPath: '/v' }] });
  const volume = (name: string): Json => ({ name, emptyDir: {} });

  test("a volume of the pod's, of the template's or of another selected template will do", () => {
    const a = template('a', adding(mounting('v')));
    expect(graft(pod({ volumes: [volume('v')] }), [a]).kind).toBe('graft');
    expect(graft(pod(), [template('a', { spec: { containers: [mounting('v')], volumes: [volume('v')] } })]).kind).toBe(
      'graft',
    );
    expect(graft(pod(), [a, template('b', { spec: { volumes: [volume('v')] } })]).kind).toBe('graft');
  });

  test('one that is in none of them is refused, naming the sidecar and the volume', () => {
    const result = graft(pod(), [template('a', adding(mounting('gone')))]);
    expect(result.codes).toEqual(['PG016']);
    expect(result.problems[0]).toMatch(/Not found/);
    expect(result.problems[0]).toContain('"gone"');
    expect(result.problems[0]).toContain('log');
  });
});

describe('ports', () => {
  const listening = (name: string, port: JsonObject): JsonObject => image(name, { ports: [port] });
  const main = (port: JsonObject): JsonObject => ({ containers: [listening('main', port)] });

  test('one containerPort and protocol in two containers: a warning', () => {
    const result = graft(pod(main({ containerPort: 80 })), [
      template('t', adding(listening('log', { containerPort: 80 }))),
    ]);
    expect(result.kind).toBe('graft');
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toContain('80');
  });

  test('another protocol, or another port: none', () => {
    for (const port of [{ containerPort: 80, protocol: 'UDP' }, { containerPort: 81 }]) {
      const result = graft(pod(main({ containerPort: 80 })), [template('t', adding(listening('log', port)))]);
      expect(result.warnings).toEqual([]);
    }
  });

  test('under hostNetwork: a conflict', () => {
    const t = template('t', adding(listening('log', { containerPort: 80 })));
    const given = pod({ ...main({ containerPort: 80 }), hostNetwork: true });
    expect(graft(given, [t]).codes).toEqual(['PG017']);
  });

  test.each([
    { what: 'the same address', one: '10.0.0.1', other: '10.0.0.1', codes: ['PG017'] },
    { what: 'two addresses of the node', one: '10.0.0.1', other: '10.0.0.2', codes: [] },
    { what: 'an address and all of them', one: '10.0.0.1', other: '0.0.0.0', codes: ['PG017'] },
    { what: 'an address and none, which is all', one: '10.0.0.1', other: '', codes: ['PG017'] },
  ])('one hostPort on $what: $codes', ({ one, other, codes }) => {
    const t = template('t', adding(listening('log', { containerPort: 81, hostPort: 8080, hostIP: one })));
    const given = pod(main({ containerPort: 80, hostPort: 8080, ...(other === '' ? {} : { hostIP: other }) }));
    expect(graft(given, [t]).codes).toEqual(codes);
  });

  test('of an init container, which has ended by then: none', () => {
    const t = template('t', { spec: { initContainers: [listening('prepare', { containerPort: 80 })] } });
    expect(graft(pod(main({ containerPort: 80 })), [t]).warnings).toEqual([]);
  });

  test.each([{ hostNetwork: true }, {}])(
    'a native sidecar is held to the same: $hostNetwork',
    ({ hostNetwork = false }) => {
      const t = template('t', adding(listening('log', { containerPort: 80, hostPort: 80 })));
      const given = pod({ ...main({ containerPort: 80, hostPort: 80 }), hostNetwork, restartPolicy: 'Never' });
      expect(graft(given, [t]).codes).toEqual(['PG017']);
    },
  );

  test('with one hostPort: a conflict', () => {
    const t = template('t', adding(listening('log', { containerPort: 81, hostPort: 8080 })));
    const result = graft(pod(main({ containerPort: 80, hostPort: 8080 })), [t]);
    expect(result.codes).toEqual(['PG017']);
    expect(result.problems[0]).toContain('8080');
  });
});

describe("the pod's own resources", () => {
  const sized = (requests: JsonObject, limits: JsonObject = {}): JsonObject =>
    image('log', { resources: { requests, limits } });
  const given = pod({ resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } });

  test.each([
    { what: 'requests above the request of the pod', log: sized({ cpu: '1500m' }) },
    { what: 'a limit above the limit of the pod', log: sized({ cpu: '500m' }, { cpu: '3' }) },
  ])('that break them: a conflict ($what)', ({ log }) => {
    const result = graft(given, [template('t', adding(log))]);
    expect(result.codes).toEqual(['PG020']);
    expect(result.problems[0]).toContain('podgraft-system/t');
  });

  test('that fit: none', () => {
    expect(graft(given, [template('t', adding(sized({ cpu: '500m' }, { cpu: '1' })))]).kind).toBe('graft');
  });

  test('a pod that was Guaranteed and no longer is: a warning', () => {
    const same = { cpu: '1', memory: '1Gi' };
    const guaranteed = pod({ containers: [image('main', { resources: { requests: same, limits: same } })] });
    const burstable = graft(guaranteed, [template('t', adding(image('log')))]);
    expect(burstable.warnings.join('\n')).toContain('Guaranteed');
    const still = graft(guaranteed, [template('t', adding(sized(same, same)))]);
    expect(still.warnings).toEqual([]);
    expect(graft(pod(), [template('t', adding(image('log')))]).warnings).toEqual([]);
  });
});
