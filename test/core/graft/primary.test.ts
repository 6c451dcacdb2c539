import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Template } from '../../../src/core/template.ts';
import { pod, settings, template } from '../../support/fixtures.ts';
import { at, decide, graft, mark } from '../../support/graft.ts';

const containers = (...names: readonly string[]): Json => names.map((name) => ({ name, image: `${name}:1` }));
const entry = (id: string, spec: JsonObject = {}): Template =>
  template(id, { spec: { containers: [{ name: spec['primaryContainerName'] ?? 'primary', tty: true }] } }, spec);
const plain = entry('t');
const annotated = (list: Json, annotations: JsonObject): JsonObject => pod({ containers: list }, { annotations });
const ours = 'podgraft.dev/primary-container';
const kubectl = 'kubectl.kubernetes.io/default-container';

describe('the first that holds decides', () => {
  test.each([
    { what: 'our annotation', list: ['a', 'main'], annotations: { [ours]: 'a' }, gets: 'a' },
    {
      what: "our annotation, before Flyte's",
      list: ['a', 'b'],
      annotations: { [ours]: 'b', primary_container_name: 'a' },
      gets: 'b',
    },
    {
      what: "Flyte's annotation, before the template's name",
      list: ['a', 'primary'],
      annotations: { primary_container_name: 'a' },
      gets: 'a',
    },
    { what: "the template's name, before the setting's", list: ['main', 'primary'], annotations: {}, gets: 'primary' },
    {
      what: "the template's name, before kubectl's annotation",
      list: ['a', 'primary'],
      annotations: { [kubectl]: 'a' },
      gets: 'primary',
    },
    {
      what: "the setting's first name, not the pod's first",
      list: ['main', 'flow', 'prefect-job'],
      annotations: {},
      gets: 'prefect-job',
    },
    { what: 'algorunner, behind worker', list: ['worker', 'algorunner'], annotations: {}, gets: 'algorunner' },
    {
      what: "the setting's name, before kubectl's annotation",
      list: ['a', 'main'],
      annotations: { [kubectl]: 'a' },
      gets: 'main',
    },
    { what: "kubectl's annotation", list: ['a', 'b'], annotations: { [kubectl]: 'b' }, gets: 'b' },
    { what: 'the only container', list: ['a'], annotations: {}, gets: 'a' },
    {
      what: "the only container, where kubectl's annotation names none",
      list: ['a'],
      annotations: { [kubectl]: 'gone' },
      gets: 'a',
    },
  ])('$what', ({ list, annotations, gets }) => {
    const result = graft(annotated(containers(...list), annotations), [plain]);
    expect(result.problems).toEqual([]);
    expect(at(result.pod, 'spec', 'containers')).toEqual(
      list.map((name) => ({ name, image: `${name}:1`, ...(name === gets ? { tty: true } : {}) })),
    );
    expect(result.outcome).toMatchObject({ graft: { primary: gets } });
  });

  test("the names are the setting's", () => {
    const around = { settings: { ...settings, primaryContainerNames: ['b'] } };
    const result = graft(pod({ containers: containers('main', 'b') }), [plain], around);
    expect(at(result.pod, 'spec', 'containers', 1, 'tty')).toBe(true);
  });

  test("the template's own primaryContainerName", () => {
    const t = entry('t', { primaryContainerName: 'a' });
    const result = graft(pod({ containers: containers('main', 'a') }), [t]);
    expect(at(result.pod, 'spec', 'containers', 1, 'tty')).toBe(true);
  });
});

describe('where nothing decides', () => {
  test('the refusal lists the containers and names our annotation; position never decides', () => {
    const result = graft(pod({ containers: containers('a', 'b') }), [plain]);
    expect(result.codes).toEqual(['PG008']);
    expect(result.problems[0]).toMatch(
      /^metadata\.annotations\[podgraft\.dev\/primary-container\]: Required value: .*"a".*"b"/,
    );
  });

  test.each([
    { count: 10, ends: '"c9" could be it' },
    { count: 11, ends: '"c9" and 1 more could be it' },
    { count: 13, ends: '"c9" and 3 more could be it' },
  ])('of $count containers, ten are listed and the others counted', ({ count, ends }) => {
    const list = Array.from({ length: count }, (_, index) => `c${index}`);
    expect(graft(pod({ containers: containers(...list) }), [plain]).problems[0]).toContain(ends);
  });

  test.each([ours, 'primary_container_name'])('%s must name a container that exists', (key) => {
    const result = graft(annotated(containers('a'), { [key]: 'nope' }), [plain]);
    expect(result.codes).toEqual(['PG007']);
    expect(result.problems[0]).toMatch(/^metadata\.annotations.*: Not found: .*"a"/);
    // A value of podgraft's own key may be shown; another's is contents.
    expect(result.problems[0]?.includes('"nope"')).toBe(key === ours);
  });

  test('an empty name is the name of no container', () => {
    expect(graft(annotated(containers('a'), { [ours]: '' }), [plain]).codes).toEqual(['PG007']);
  });

  test('an init container is no primary container', () => {
    const given = pod(
      { containers: containers('a', 'b'), initContainers: containers('c') },
      { annotations: { [ours]: 'c' } },
    );
    expect(graft(given, [plain]).codes).toEqual(['PG007']);
  });

  test('a template without a primary entry asks for none', () => {
    const t = template('t', { spec: { schedulerName: 't' } });
    const result = graft(pod({ containers: containers('a', 'b') }), [t]);
    expect(result.outcome).toMatchObject({ kind: 'graft' });
    expect(JSON.stringify(mark(result.pod))).not.toContain('"primary":');
  });

  test('a matched template without a primary container to go to is left out', () => {
    const t = entry('t', { match: {} });
    const around = { settings: { ...settings, injection: 'all' as const } };
    const result = decide(pod({ containers: containers('a', 'b') }), [t], around);
    expect(result).toMatchObject({ kind: 'skip', leftOut: ['podgraft-system/t'] });
  });
});

describe('several templates', () => {
  test('that resolve it alike agree, whatever they call it', () => {
    const a = entry('a', { primaryContainerName: 'x' });
    const b = entry('b', { primaryContainerName: 'y' });
    expect(graft(pod({ containers: containers('only') }), [a, b]).kind).toBe('graft');
  });

  test('that resolve it differently are a conflict that names both', () => {
    const a = entry('a', { primaryContainerName: 'x' });
    const b = entry('b', { primaryContainerName: 'y' });
    const result = graft(pod({ containers: containers('x', 'y') }), [a, b]);
    expect(result.codes).toEqual(['PG009']);
    expect(result.problems[0]).toMatch(/podgraft-system\/a.*podgraft-system\/b|podgraft-system\/b.*podgraft-system\/a/);
  });
});

describe('the mark', () => {
  test('records it, so that containers added later do not change it', () => {
    const once = graft(pod({ containers: containers('a') }), [plain]).pod;
    const spec = at(once, 'spec') as JsonObject;
    const meshed = {
      ...once,
      spec: { ...spec, containers: [{ name: 'main', image: 'mesh:1' }, ...(spec['containers'] as Json[])] },
    };
    const result = decide(meshed, [plain]);
    expect(result.outcome).toMatchObject({ kind: 'graft', graft: { primary: 'a' } });
    expect(result.patch).toEqual([]);
  });

  test("that names a container which isn't there has no say", () => {
    const once = graft(pod({ containers: containers('a') }), [plain]).pod;
    const renamed = { ...once, spec: { containers: containers('b') } };
    expect(decide(renamed, [plain]).outcome).toMatchObject({ kind: 'graft', graft: { primary: 'b' } });
  });

  test("an annotation of the pod's own stands before it", () => {
    const once = graft(annotated(containers('a', 'b'), { [kubectl]: 'a' }), [plain]).pod;
    const metadata = at(once, 'metadata') as JsonObject;
    const moved = {
      ...once,
      metadata: { ...metadata, annotations: { ...(metadata['annotations'] as JsonObject), [ours]: 'b' } },
      spec: { containers: containers('a', 'b') },
    };
    expect(decide(moved, [plain]).outcome).toMatchObject({ kind: 'graft', graft: { primary: 'b' } });
  });
});

describe("kubectl's default container", () => {
  const adds = (spec: JsonObject = {}): Template =>
    template('adds', { spec: { containers: [{ name: 'log', image: 'log:1' }] } }, spec);
  const value = (given: JsonObject): Json | undefined => at(given, 'metadata', 'annotations', kubectl);

  test.each([
    { what: 'the only container', list: ['a'], spec: {}, gets: 'a' },
    { what: 'one that the settings name', list: ['x', 'main'], spec: {}, gets: 'main' },
    {
      what: "nothing, where nothing tells the workload's containers apart",
      list: ['a', 'b'],
      spec: {},
      gets: undefined,
    },
    {
      what: 'nothing, where the sidecar is native',
      list: ['a'],
      spec: { sidecars: { lifecycle: 'Native' } },
      gets: undefined,
    },
  ])('is set to $what', ({ list, spec, gets }) => {
    expect(value(graft(pod({ containers: containers(...list) }), [adds(spec)]).pod)).toBe(gets);
  });

  test('stands where the pod has it', () => {
    const given = annotated(containers('a', 'b'), { [kubectl]: 'b' });
    expect(value(graft(given, [adds()]).pod)).toBe('b');
  });

  test('is not set where templates resolve the primary container differently', () => {
    const x = template('x', { spec: { containers: [{ name: 'log', image: 'log:1' }] } }, { primaryContainerName: 'x' });
    const y = template('y', {}, { primaryContainerName: 'y' });
    expect(value(graft(pod({ containers: containers('x', 'y') }), [x, y]).pod)).toBeUndefined();
  });

  test('is not set where no container is added', () => {
    expect(value(graft(pod({ containers: containers('a') }), [plain]).pod)).toBeUndefined();
  });
});
