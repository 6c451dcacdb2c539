import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Template } from '../../../src/core/template.ts';
import { app, covered, namespace, pod, settings, template } from '../../support/fixtures.ts';
import { at, decide, graft, mark, settle } from '../../support/graft.ts';

const named = (name: string): JsonObject => pod({}, { labels: { 'podgraft.dev/template': name } });
const annotated = (names: string, labels: JsonObject = {}): JsonObject =>
  pod({}, { labels, annotations: { 'podgraft.dev/templates': names } });
const everywhere = { match: {} };
const tier = (value: string): JsonObject => ({ match: { podSelector: { matchLabels: { tier: value } } } });
const withDefault = (name: string, from = covered): typeof covered => ({
  ...from,
  annotations: { 'podgraft.dev/default-template': name },
});
const disabled = namespace('app', { 'podgraft.dev/injection': 'disabled' });
const all = { ...settings, injection: 'all' as const };
/** A template that can't be grafted onto {@link pod}: its volume and the pod's differ. */
const clashing = (id: string, spec: JsonObject = {}): Template =>
  template(id, { spec: { volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }] } }, spec);
const withData = (metadata: JsonObject = {}): JsonObject =>
  pod({ volumes: [{ name: 'data', emptyDir: {} }] }, metadata);

describe('named templates', () => {
  test('the label first, then the annotation in its order, spaces ignored', () => {
    const templates = ['a', 'b', 'c'].map((name) => template(name, {}));
    const given = annotated(' c ,  b ', { 'podgraft.dev/template': 'a' });
    expect(settle(given, templates).templates).toEqual(['podgraft-system/a', 'podgraft-system/c', 'podgraft-system/b']);
  });

  test('a name that is there twice counts once, with a warning', () => {
    const given = annotated('b, a, b', { 'podgraft.dev/template': 'a' });
    const result = settle(given, [template('a', {}), template('b', {})]);
    expect(result.templates).toEqual(['podgraft-system/a', 'podgraft-system/b']);
    expect(result.warnings).toHaveLength(2);
  });

  test.each([
    { where: 'a namespace without labels', around: app },
    { where: 'a namespace labelled disabled', around: disabled },
    { where: 'a covered namespace', around: covered },
  ])('they work in $where', ({ around }) => {
    expect(settle(named('t'), [template('t', {})], { namespace: around }).kind).toBe('graft');
  });

  test.each(['kube-system', 'kube-public', 'kube-node-lease', 'podgraft-system', 'mesh'])(
    'in the excluded namespace %s a named one has no effect but a warning',
    (name) => {
      const around = {
        namespace: namespace(name, { 'podgraft.dev/injection': 'enabled' }),
        settings: { ...settings, excludedNamespaces: ['mesh'] },
      };
      const result = settle(named('t'), [template('t', {})], around);
      expect(result.outcome).toMatchObject({ kind: 'skip', reason: 'excluded' });
      expect(result.warnings).toHaveLength(1);
      expect(settle(pod(), [template('t', {}, everywhere)], around)).toMatchObject({
        kind: 'skip',
        warnings: [],
      });
    },
  );

  test('a mirror pod gets none', () => {
    const given = pod(
      {},
      { labels: { 'podgraft.dev/template': 't' }, annotations: { 'kubernetes.io/config.mirror': 'x' } },
    );
    const result = settle(given, [template('t', {}, everywhere)], { namespace: covered });
    expect(result.outcome).toMatchObject({ kind: 'skip', reason: 'mirror' });
  });

  test("the pod's namespace comes first, whole, and the root namespace second", () => {
    const root = template('t', { metadata: { labels: { from: 'root', root: 'yes' } } });
    const own = template('app/t', { metadata: { labels: { from: 'app' } } });
    const result = settle(named('t'), [root, own]);
    expect(result.templates).toEqual(['app/t']);
    expect(at(result.pod, 'metadata', 'labels', 'root')).toBeUndefined();
  });
});

describe('a name that there is not', () => {
  test('the refusal lists the names that the pod may use, and the nearest', () => {
    const templates = [
      template('docker', {}),
      template('app/proxy', {}),
      template('other/secret', {}),
      template('gated', {}, { allowedNamespaces: { matchLabels: { team: 'x' } } }),
    ];
    const result = settle(named('dockr'), templates);
    expect(result.codes).toEqual(['PG001']);
    expect(result.problems[0]).toMatch(/docker/);
    expect(result.problems[0]).toMatch(/proxy/);
    expect(result.problems[0]).not.toMatch(/secret|gated/);
  });

  test('it lists at most ten, and the nearest even where it is not among the first ten', () => {
    const names = Array.from({ length: 30 }, (_, index) => `template-${String(index).padStart(2, '0')}`);
    const templates = [...names, 'zebra'].map((name) => template(name, {}));
    const [problem = ''] = settle(named('zebr'), templates).problems;
    expect(names.filter((name) => problem.includes(name)).length).toBeLessThanOrEqual(10);
    expect(problem).toContain('zebra');
  });

  test('where there is none at all it says so', () => {
    expect(settle(named('t'), []).problems).toHaveLength(1);
  });

  test('each absent name is a problem of its own', () => {
    expect(settle(annotated('x, y'), [template('t', {})]).codes).toEqual(['PG001', 'PG001']);
  });
});

describe('allowedNamespaces', () => {
  const gated = (spec: JsonObject = {}): Template =>
    template('gated', {}, { allowedNamespaces: { matchLabels: { team: 'x' } }, ...spec });
  const team = namespace('app', { team: 'x', 'podgraft.dev/injection': 'enabled' });

  test('a named one is forbidden elsewhere', () => {
    const result = settle(named('gated'), [gated()], { namespace: covered });
    expect(result.codes).toEqual(['PG002']);
    expect(result.problems[0]).toMatch(/: Forbidden: /);
    expect(settle(named('gated'), [gated()], { namespace: team }).kind).toBe('graft');
  });

  test('a default is left out elsewhere, with a warning, and the rest applies', () => {
    const rest = template('rest', { metadata: { labels: { rest: 'yes' } } }, everywhere);
    const around = { namespace: withDefault('gated') };
    const result = settle(pod(), [gated(), rest], around);
    expect(result.templates).toEqual(['podgraft-system/rest']);
    expect(result.warnings.join('\n')).toContain('gated');
  });

  test('a matched one is not matched elsewhere', () => {
    const result = settle(pod(), [gated(everywhere)], { namespace: covered });
    expect(result).toMatchObject({ kind: 'skip', leftOut: [], warnings: [] });
    expect(settle(pod(), [gated(everywhere)], { namespace: team }).kind).toBe('graft');
  });
});

describe('the default template', () => {
  const t = template('t', {});
  const u = template('u', {});

  test.each([
    { what: 'used in a covered namespace', around: { namespace: withDefault('t') }, given: pod(), gets: ['t'] },
    {
      what: 'not used in one that is not covered',
      around: { namespace: withDefault('t', app) },
      given: pod(),
      gets: [],
    },
    {
      what: 'not used in one that is disabled',
      around: { namespace: withDefault('t', disabled) },
      given: pod(),
      gets: [],
    },
    { what: 'replaced by a named one', around: { namespace: withDefault('t') }, given: named('u'), gets: ['u'] },
    {
      what: "the setting's, where the namespace has none",
      around: { namespace: covered, settings: { ...settings, defaultTemplate: 'u' } },
      given: pod(),
      gets: ['u'],
    },
    {
      what: "the namespace's before the setting's",
      around: { namespace: withDefault('t'), settings: { ...settings, defaultTemplate: 'u' } },
      given: pod(),
      gets: ['t'],
    },
    {
      what: 'taken away by inject false',
      around: { namespace: withDefault('t') },
      given: pod({}, { labels: { 'podgraft.dev/inject': 'false' } }),
      gets: [],
    },
    {
      what: 'used everywhere with injection: all',
      around: { namespace: withDefault('t', app), settings: all },
      given: pod(),
      gets: ['t'],
    },
  ])('is $what', ({ around, given, gets }) => {
    expect(settle(given, [t, u], around).templates).toEqual(gets.map((name) => `podgraft-system/${name}`));
  });

  test('an absent one is left out with a warning, and the rest applies', () => {
    const around = { namespace: withDefault('gone') };
    const result = settle(pod(), [template('m', {}, everywhere)], around);
    expect(result.templates).toEqual(['podgraft-system/m']);
    expect(result.warnings.join('\n')).toContain('gone');
  });

  test('an annotation that is no name counts as absent, with a warning', () => {
    const result = settle(pod(), [t], { namespace: withDefault('Not A Name') });
    expect(result.kind).toBe('skip');
    expect(result.warnings).not.toEqual([]);
  });
});

describe('matched templates', () => {
  test.each([
    { what: 'a covered namespace', around: { namespace: covered }, matched: true },
    { what: 'a namespace without the label', around: { namespace: app }, matched: false },
    { what: 'a namespace labelled disabled', around: { namespace: disabled }, matched: false },
    { what: 'any namespace, with injection: all', around: { namespace: app, settings: all }, matched: true },
    { what: 'a disabled one, with injection: all', around: { namespace: disabled, settings: all }, matched: false },
    {
      what: 'an excluded one, with injection: all',
      around: { namespace: namespace('mesh'), settings: { ...all, excludedNamespaces: ['mesh'] } },
      matched: false,
    },
    {
      what: 'a namespace whose label says something else',
      around: { namespace: namespace('app', { 'podgraft.dev/injection': 'yes' }) },
      matched: false,
    },
  ])('in $what: $matched', ({ around, matched }) => {
    expect(settle(pod(), [template('t', {}, everywhere)], around).kind).toBe(matched ? 'graft' : 'skip');
  });

  test.each([
    { match: { podSelector: { matchLabels: { tier: 'web' } } }, matched: true },
    { match: { podSelector: { matchLabels: { tier: 'db' } } }, matched: false },
    {
      match: { podSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web', 'x'] }] } },
      matched: true,
    },
    {
      match: { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] } },
      matched: false,
    },
    {
      match: { podSelector: { matchExpressions: [{ key: 'none', operator: 'NotIn', values: ['x'] }] } },
      matched: true,
    },
    { match: { podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } }, matched: true },
    { match: { podSelector: { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] } }, matched: false },
    { match: { podSelector: { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] } }, matched: false },
    { match: { podSelector: {} }, matched: true },
    { match: {}, matched: true },
    { match: { namespaceSelector: { matchLabels: { env: 'prod' } } }, matched: true },
    { match: { namespaceSelector: { matchLabels: { env: 'dev' } } }, matched: false },
    { match: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'app' } } }, matched: true },
    {
      match: { podSelector: { matchLabels: { tier: 'web' } }, namespaceSelector: { matchLabels: { env: 'dev' } } },
      matched: false,
    },
  ])('$match: $matched', ({ match, matched }) => {
    const around = { namespace: namespace('app', { env: 'prod', 'podgraft.dev/injection': 'enabled' }) };
    const given = pod({}, { labels: { tier: 'web' } });
    expect(settle(given, [template('t', {}, { match })], around).kind).toBe(matched ? 'graft' : 'skip');
  });

  test('a template without match is used by name only', () => {
    expect(settle(pod(), [template('t', {})], { namespace: covered }).kind).toBe('skip');
  });

  test('they come by order, then by namespace/name, after the named one', () => {
    const templates = [
      template('z', {}, { ...everywhere, order: -1 }),
      template('b', {}, everywhere),
      template('app/c', {}, everywhere),
      template('a', {}, { ...everywhere, order: 5 }),
      template('named', {}, { order: 99 }),
    ];
    const result = settle(named('named'), templates, { namespace: covered });
    expect(result.templates).toEqual([
      'podgraft-system/named',
      'podgraft-system/z',
      'app/c',
      'podgraft-system/b',
      'podgraft-system/a',
    ]);
  });

  test('those of other namespaces match nothing here', () => {
    expect(settle(pod(), [template('other/t', {}, everywhere)], { namespace: covered }).kind).toBe('skip');
  });

  test('a template that is named and matched counts once, as named', () => {
    const result = settle(withData({ labels: { 'podgraft.dev/template': 't' } }), [clashing('t', everywhere)], {
      namespace: covered,
    });
    expect(result).toMatchObject({ kind: 'refuse', codes: ['PG013'] });
  });

  test("selectors don't see labels that a template has put on the pod", () => {
    const labelling = template('a', { metadata: { labels: { tier: 'web' } } }, everywhere);
    const selecting = template('b', { metadata: { labels: { seen: 'yes' } } }, tier('web'));
    const result = settle(pod(), [labelling, selecting], { namespace: covered });
    expect(result.templates).toEqual(['podgraft-system/a']);
    expect(decide(result.pod, [labelling, selecting], { namespace: covered }).templates).toEqual(['podgraft-system/a']);
  });

  test('a label that the pod has itself counts, though a template brings it too', () => {
    const labelling = template('a', { metadata: { labels: { tier: 'web' } } }, everywhere);
    const selecting = template('b', {}, tier('web'));
    const given = pod({}, { labels: { tier: 'web' } });
    expect(decide(given, [labelling, selecting], { namespace: covered }).templates).toHaveLength(2);
  });
});

describe('inject: "false"', () => {
  const off = { labels: { 'podgraft.dev/inject': 'false' } };

  test('takes away Optional matched templates, but no Required one', () => {
    const optional = template('optional', {}, everywhere);
    const required = template('required', {}, { ...everywhere, enforcement: 'Required' });
    const result = settle(pod({}, off), [optional, required], { namespace: covered });
    expect(result.templates).toEqual(['podgraft-system/required']);
  });

  test('together with a named template it is refused', () => {
    const given = pod({}, { labels: { 'podgraft.dev/inject': 'false', 'podgraft.dev/template': 't' } });
    expect(settle(given, [template('t', {})]).codes).toEqual(['PG004']);
  });
});

describe('values that mean nothing are refused with the list of those that do', () => {
  test.each([
    { metadata: { labels: { 'podgraft.dev/inject': 'true' } }, listed: 'false' },
    { metadata: { labels: { 'podgraft.dev/inject': 'no' } }, listed: 'false' },
    { metadata: { labels: { 'podgraft.dev/reusable': 'yes' } }, listed: 'off' },
    { metadata: { labels: { 'podgraft.dev/template': '' } }, listed: '' },
    { metadata: { annotations: { 'podgraft.dev/templates': 'a,,b' } }, listed: '' },
    { metadata: { annotations: { 'podgraft.dev/templates': '' } }, listed: '' },
  ])('$metadata', ({ metadata, listed }) => {
    const result = decide(pod({}, metadata), [template('a', {}), template('b', {})]);
    expect(result.codes).toEqual(['PG003']);
    expect(result.problems[0]).toContain(listed);
  });
});

describe('a template that brings a problem', () => {
  test('a named one: the pod is refused', () => {
    const given = withData({ labels: { 'podgraft.dev/template': 't' } });
    expect(settle(given, [clashing('t')])).toMatchObject({ kind: 'refuse', codes: ['PG013'] });
  });

  test('a Required one: the pod is refused', () => {
    const t = clashing('t', { ...everywhere, enforcement: 'Required' });
    expect(settle(withData(), [t], { namespace: covered })).toMatchObject({ kind: 'refuse', codes: ['PG013'] });
  });

  test('a matched Optional one: left out whole, with a warning, and the rest applies', () => {
    const t = template(
      't',
      {
        metadata: { labels: { from: 't' } },
        spec: { volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }] },
      },
      everywhere,
    );
    const rest = template('rest', { metadata: { labels: { rest: 'yes' } } }, { ...everywhere, order: 1 });
    const result = settle(withData(), [t, rest], { namespace: covered });
    expect(result).toMatchObject({
      kind: 'graft',
      templates: ['podgraft-system/rest'],
      leftOut: ['podgraft-system/t'],
    });
    expect(at(result.pod, 'metadata', 'labels', 'from')).toBeUndefined();
    expect(result.warnings.join('\n')).toContain('podgraft-system/t');
    expect(JSON.stringify(mark(result.pod))).toContain('podgraft-system/t');
  });

  test('a default one: left out in the same way', () => {
    const result = settle(withData(), [clashing('t')], { namespace: withDefault('t') });
    expect(result.outcome).toMatchObject({ kind: 'skip', reason: 'leftOut' });
    expect(result.leftOut).toEqual(['podgraft-system/t']);
    expect(result.warnings).not.toEqual([]);
  });

  test('one whose conflictPolicy is Deny: the pod is refused', () => {
    const t = clashing('t', { ...everywhere, conflictPolicy: 'Deny' });
    expect(settle(withData(), [t], { namespace: covered })).toMatchObject({ kind: 'refuse', codes: ['PG013'] });
  });

  test('what a left-out template would have brought counts no more', () => {
    const volume = (medium: string): JsonObject => ({ name: 'shared', emptyDir: { medium } });
    const broken = template(
      'broken',
      { spec: { volumes: [volume('Memory'), { name: 'data', emptyDir: { medium: 'Memory' } }] } },
      everywhere,
    );
    const later = template('later', { spec: { volumes: [volume('')] } }, { ...everywhere, order: 1 });
    const result = settle(withData(), [broken, later], { namespace: covered });
    expect(result).toMatchObject({ templates: ['podgraft-system/later'], leftOut: ['podgraft-system/broken'] });
  });

  test('named and Required templates are judged first, though a matched one has a lower order', () => {
    const early = template('early', { spec: { schedulerName: 'early' } }, { ...everywhere, order: -5 });
    const required = template(
      'required',
      { spec: { schedulerName: 'required' } },
      { ...everywhere, enforcement: 'Required', order: 5 },
    );
    const result = settle(pod(), [early, required], { namespace: covered });
    expect(result).toMatchObject({ templates: ['podgraft-system/required'], leftOut: ['podgraft-system/early'] });
    expect(at(result.pod, 'spec', 'schedulerName')).toBe('required');
  });

  test("one that was left out stays out: by the second round its sibling's value is the pod's own", () => {
    const first = template('first', { spec: { schedulerName: 'a' } }, everywhere);
    const second = template('second', { spec: { schedulerName: 'b', hostname: 'h' } }, { ...everywhere, order: 1 });
    const result = settle(pod(), [first, second], { namespace: covered });
    expect(result).toMatchObject({ templates: ['podgraft-system/first'], leftOut: ['podgraft-system/second'] });
    const again = decide(result.pod, [first, second], { namespace: covered });
    expect(again).toMatchObject({ patch: [], templates: ['podgraft-system/first'] });
    expect(JSON.stringify(mark(again.pod))).toContain('podgraft-system/second');
  });

  test('two named ones that contradict each other: the pod is refused, naming both', () => {
    const a = template('a', { spec: { schedulerName: 'a' } });
    const b = template('b', { spec: { schedulerName: 'b' } });
    const result = graft(pod(), [a, b]);
    expect(result.codes).toEqual(['PG015']);
    expect(result.problems[0]).toContain('podgraft-system/a');
    expect(result.problems[0]).toContain('podgraft-system/b');
  });

  test('all problems of all named templates come at once', () => {
    const a = clashing('a');
    const b = template('b', { spec: { containers: [{ name: 'main', image: 'other:1' }] } });
    const result = graft(withData(), [a, b]);
    expect(result.codes.toSorted()).toEqual(['PG012', 'PG013']);
  });
});

describe("a key under podgraft.dev/ that isn't podgraft's is warned of, with the nearest", () => {
  test.each([
    { metadata: { labels: { 'podgraft.dev/templat': 't' } }, hint: 'label podgraft.dev/template' },
    { metadata: { annotations: { 'podgraft.dev/template': 't' } }, hint: 'label podgraft.dev/template' },
    { metadata: { labels: { 'podgraft.dev/templates': 't' } }, hint: 'annotation podgraft.dev/templates' },
    { metadata: { annotations: { 'podgraft.dev/zzzzzzzzzzzzzzz': 't' } }, hint: 'means nothing' },
  ])('$metadata', ({ metadata, hint }) => {
    const result = settle(pod({}, metadata), [template('t', {})]);
    expect(result.kind).toBe('skip');
    expect(result.warnings.join('\n')).toContain(hint);
  });
});

describe('of more than sixteen templates', () => {
  const sixteen = Array.from({ length: 16 }, (_, index) => template(`t${index}`, {}, everywhere));

  test('a matched Optional one is left out', () => {
    const last = template('z', {}, { ...everywhere, order: 1 });
    const result = settle(pod(), [...sixteen, last], { namespace: covered });
    expect(result).toMatchObject({ kind: 'graft', leftOut: ['podgraft-system/z'] });
  });

  test('a matched Required one has its place before the Optional ones', () => {
    const last = template('z', {}, { ...everywhere, order: 1, enforcement: 'Required' });
    const result = settle(pod(), [...sixteen, last], { namespace: covered });
    expect(result).toMatchObject({ kind: 'graft', leftOut: ['podgraft-system/t9'] });
    expect(result.templates.at(-1)).toBe('podgraft-system/z');
  });

  test('a seventeenth Required one refuses the pod', () => {
    const required = Array.from({ length: 17 }, (_, index) =>
      template(`r${index}`, {}, { ...everywhere, enforcement: 'Required' }),
    );
    expect(settle(pod(), required, { namespace: covered }).codes).toEqual(['PG006']);
  });
});

describe('what a template that is left out takes with it', () => {
  const data = { volumes: [{ name: 'data', emptyDir: {} }] };
  const clash = { name: 'data', emptyDir: { medium: 'Memory' } };

  test('its volumes: an Optional template that counted on one is left out too', () => {
    const lender = template('lender', { spec: { volumes: [clash, { name: 'lent', emptyDir: {} }] } }, everywhere);
    const borrower = template(
      'borrower',
      { spec: { containers: [{ name: 'log', image: 'log:1', volumeMounts: [{ name: 'lent', mountPath: '/l' }] }] } },
      { ...everywhere, order: 1 },
    );
    const result = settle(pod(data), [lender, borrower], { namespace: covered });
    expect(result.kind).toBe('skip');
    expect(result.leftOut.toSorted()).toEqual(['podgraft-system/borrower', 'podgraft-system/lender']);
    expect(settle(pod(), [lender, borrower], { namespace: covered }).templates).toHaveLength(2);
  });

  test('its volumes: a named template that counted on one refuses the pod', () => {
    const lender = template('lender', { spec: { volumes: [clash, { name: 'lent', emptyDir: {} }] } }, everywhere);
    const borrower = template('borrower', {
      spec: { containers: [{ name: 'log', image: 'log:1', volumeMounts: [{ name: 'lent', mountPath: '/l' }] }] },
    });
    const given = pod(data, { labels: { 'podgraft.dev/template': 'borrower' } });
    expect(settle(given, [lender, borrower], { namespace: covered }).codes).toEqual(['PG016']);
  });

  test("its restartPolicy: another's sidecars are ordinary containers then", () => {
    const completes = template('a', { spec: { restartPolicy: 'Never', volumes: [clash] } }, everywhere);
    const log = template('b', { spec: { containers: [{ name: 'log', image: 'log:1' }] } }, { ...everywhere, order: 1 });
    const around = { namespace: covered };
    expect(at(settle(pod(data), [completes, log], around).pod, 'spec', 'containers', 1, 'name')).toBe('log');
    expect(at(settle(pod(), [completes, log], around).pod, 'spec', 'initContainers', 0, 'name')).toBe('log');
  });

  test('nothing, where a named one refuses the pod anyway: only its own problems are told', () => {
    const refused = clashing('named');
    const matched = template('m', { spec: { containers: [{ name: 'main', image: 'other:1' }] } }, everywhere);
    const given = withData({ labels: { 'podgraft.dev/template': 'named' } });
    const result = settle(given, [refused, matched], { namespace: covered });
    expect(result.codes).toEqual(['PG013']);
    expect(result.leftOut).toEqual(['podgraft-system/m']);
  });
});

test("an empty default-template annotation counts as absent: the setting's default applies", () => {
  const around = { namespace: withDefault(''), settings: { ...settings, defaultTemplate: 't' } };
  const result = settle(pod(), [template('t', {})], around);
  expect(result.templates).toEqual(['podgraft-system/t']);
  expect(result.warnings).not.toEqual([]);
});

test('more than sixteen templates are refused', () => {
  const templates = Array.from({ length: 17 }, (_, index) => template(`t${index}`, {}));
  expect(graft(pod(), templates).codes).toEqual(['PG006']);
  expect(graft(pod(), templates.slice(1)).kind).toBe('graft');
});
