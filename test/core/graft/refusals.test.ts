import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { formatCause, formatProblem, problemKinds, problemTypes, quote } from '../../../src/core/problem.ts';
import type { Problem } from '../../../src/core/problem.ts';
import { pod, template } from '../../support/fixtures.ts';
import { decide, graft } from '../../support/graft.ts';

const shipper = template('log-shipper', { spec: { containers: [{ name: 'log-shipper', image: 's:1' }] } });

test("the specification's own example, word by word", () => {
  const containers = [
    { name: 'main', image: 'app:1' },
    { name: 'log-shipper', image: 'mine:1' },
  ];
  expect(graft(pod({ containers }), [shipper]).problems).toEqual([
    'spec.containers[1].name: Duplicate value: "log-shipper": the pod has a container of that name and template podgraft-system/log-shipper adds another; rename yours or drop the template (podgraft PG012)',
  ]);
});

test('all problems come at once, in the same order each time', () => {
  const t = template('t', {
    spec: {
      containers: [
        { name: 'main', image: 'x:1' },
        { name: 'log', image: 'l:1', volumeMounts: [{ name: 'gone', mountPath: '/g' }] },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
      os: { name: 'linux' },
    },
  });
  const given = pod({ volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }], os: { name: 'windows' } });
  const result = graft(given, [t]);
  expect(result.codes.toSorted()).toEqual(['PG012', 'PG013', 'PG016', 'PG018']);
  expect(graft(given, [t]).problems).toEqual(result.problems);
});

test('each problem has the form of the API server: field, type, what else supplies it, what to do, code', () => {
  const form = /^[a-z][\w.[\]/-]*: (?:[A-Z][a-z]+(?: [a-z]+)?): .+ \(podgraft PG\d{3}\)$/;
  const types = Object.keys(problemTypes).join('|');
  const given = pod(
    { containers: [{ name: 'log-shipper', image: 'mine:1' }] },
    { labels: { 'podgraft.dev/reusable': 'x' } },
  );
  for (const problem of [...graft(given, [shipper]).problems, ...decide(given, [shipper]).problems]) {
    expect(problem).toMatch(form);
    expect(problem).toMatch(new RegExp(`: (?:${types}): `));
  }
});

describe('contents never appear', () => {
  const canary = 'hunter2';
  const secret = { name: 'SECRET', value: canary };
  const main = { name: 'main', image: 'app:1', env: [secret], args: [canary], command: [canary] };

  test.each([
    {
      what: 'env, args and annotations of a pod that is refused',
      given: pod(
        {
          containers: [main, { name: 'log', image: canary, args: [canary] }],
          volumes: [{ name: 'v', hostPath: { path: `/${canary}` } }],
        },
        { annotations: { note: canary } },
      ),
      wanted: {
        metadata: { annotations: { note: 'other' } },
        spec: {
          containers: [
            { name: 'primary', env: [{ name: 'SECRET', value: `${canary}-template` }] },
            { name: 'log', image: 'l:1' },
          ],
          volumes: [{ name: 'v', emptyDir: {} }],
        },
      },
    },
    {
      what: 'a difference that is denied',
      given: pod({ containers: [main], hostname: canary }, { annotations: { note: canary } }),
      wanted: { metadata: { annotations: { note: `${canary}-t` } }, spec: { hostname: 'h' } },
    },
  ])('$what', ({ given, wanted }) => {
    const settings = { conflictPolicy: 'Deny', protect: ['image', 'command', 'args', 'resources'] };
    const result = graft(given, [template('t', wanted, settings)]);
    expect(result.kind).toBe('refuse');
    expect([...result.problems, ...result.warnings].join('\n')).not.toContain(canary);
  });

  test("an annotation of podgraft's own is cut at 63 characters, without control characters", () => {
    const name = `a\n${'b'.repeat(100)}`;
    const result = decide(pod({}, { annotations: { 'podgraft.dev/templates': name } }), [shipper]);
    expect(result.kind).toBe('refuse');
    expect(result.problems.join('')).not.toMatch(/[\u0000-\u001F]/);
    expect(result.problems.join('')).not.toContain('b'.repeat(64));
  });
});

describe('the form of a problem', () => {
  const problem: Problem = { code: 'PG001', field: ['metadata', 'labels', 'a/b'], value: 'x', detail: 'there is none' };

  test('has the field in front, a cause has not', () => {
    expect(formatProblem(problem)).toBe('metadata.labels[a/b]: Not found: "x": there is none (podgraft PG001)');
    expect(formatCause(problem)).toBe('Not found: "x": there is none (podgraft PG001)');
  });

  test('of the whole object has no field', () => {
    expect(formatProblem({ code: 'PG022', field: [], detail: 'too large' })).toBe(
      'Too many: too large (podgraft PG022)',
    );
  });

  test.each([
    { text: 'a\u0000b\u001b[31mc', quoted: '"ab[31mc"' },
    { text: 'x'.repeat(64), quoted: `"${'x'.repeat(63)}…"` },
    { text: 'a"b', quoted: '"a\\"b"' },
    { text: '\ud800', quoted: '"\ufffd"' },
    { text: '\u202egpj.exe', quoted: '"gpj.exe"' },
    { text: '😀'.repeat(64), quoted: `"${'😀'.repeat(63)}…"` },
  ])('quotes $text as $quoted', ({ text, quoted }) => {
    expect(quote(text)).toBe(quoted);
  });
});

test('every code is of the form PGnnn and its type one of Kubernetes', () => {
  for (const [code, kind] of Object.entries(problemKinds)) {
    expect(code).toMatch(/^PG\d{3}$/);
    expect(Object.keys(problemTypes)).toContain(kind.type);
  }
  expect(new Set(Object.values(problemKinds).map(({ reason }) => reason)).size).toBeLessThanOrEqual(20);
});

test('no warning has a control character, whatever the keys and names of the pod', () => {
  const given = pod(
    { containers: [{ name: 'ma\u001B[31min', image: 'app:1', envFrom: [{ configMapRef: { name: 'c' } }] }] },
    { labels: { 'podgraft.dev/\u001B]0;x\u0007\n': 'x' } },
  );
  const t = template(
    't',
    { spec: { containers: [{ name: 'default', env: [{ name: 'A', value: 'x' }] }] } },
    { protect: ['image', 'command', 'args'] },
  );
  const { warnings } = graft(given, [t]);
  expect(warnings).toHaveLength(2);
  for (const warning of warnings) expect(warning).toMatch(/^\P{Cc}+$/u);
});

describe('caps are refusals', () => {
  test.each([
    { what: 'more than 100 containers', list: 'containers', code: 'PG022' },
    { what: 'more than 200 volumes', list: 'volumes', code: 'PG022' },
  ])('$what', ({ list, code }) => {
    const count = list === 'containers' ? 100 : 200;
    const many: Json = Array.from({ length: count }, (_, index) =>
      list === 'containers' ? { name: `c${index}`, image: 'c:1' } : { name: `v${index}`, emptyDir: {} },
    );
    const adds =
      list === 'containers'
        ? { containers: [{ name: 'x', image: 'x:1' }] }
        : { volumes: [{ name: 'x', emptyDir: {} }] };
    expect(graft(pod({ [list]: many }), [template('t', { spec: adds })]).codes).toEqual([code]);
    expect(graft(pod({ [list]: many }), [template('t', { spec: { hostname: 'h' } })]).kind).toBe('graft');
  });

  test('more than 256 KiB of annotations', () => {
    const t = template('t', { metadata: { annotations: { a: 'x'.repeat(1024) } } });
    const given = pod({}, { annotations: { b: 'x'.repeat(256 * 1024 - 512) } });
    const result = graft(given, [t]);
    expect(result.kind).toBe('refuse');
    expect(result.problems.join('\n')).toMatch(/^metadata\.annotations/);
  });
});

describe('what Kubernetes would refuse in the result is a conflict that names both sides', () => {
  test.each([
    {
      what: "a port's name twice in one container",
      spec: { containers: [{ name: 'main', image: 'app:1', ports: [{ name: 'http', containerPort: 80 }] }] },
      wanted: { containers: [{ name: 'primary', ports: [{ name: 'http', containerPort: 81 }] }] },
    },
    {
      what: 'a hostPort other than the containerPort under hostNetwork',
      spec: { containers: [{ name: 'main', image: 'app:1', ports: [{ containerPort: 80, hostPort: 8080 }] }] },
      wanted: { hostNetwork: true },
    },
    {
      what: 'privileged with allowPrivilegeEscalation false',
      spec: { containers: [{ name: 'main', image: 'app:1', securityContext: { allowPrivilegeEscalation: false } }] },
      wanted: { containers: [{ name: 'primary', securityContext: { privileged: true } }] },
    },
    { what: 'hostPID with shareProcessNamespace', spec: { shareProcessNamespace: true }, wanted: { hostPID: true } },
  ])('$what', ({ spec, wanted }) => {
    const result = graft(pod(spec), [template('t', { spec: wanted })]);
    expect(result.codes).toEqual(['PG021']);
    expect(result.problems[0]).toContain('podgraft-system/t');
  });

  test("what was wrong with the author's own pod is left to the API server", () => {
    const ports = [
      { name: 'http', containerPort: 80 },
      { name: 'http', containerPort: 81 },
    ];
    const given = pod({
      containers: [
        { name: 'main', image: 'app:1', ports },
        { name: 'main', image: 'app:2' },
      ],
      hostPID: true,
      shareProcessNamespace: true,
    });
    expect(graft(given, [template('t', { spec: { hostname: 'h' } })]).kind).toBe('graft');
  });
});

describe('a pod without the form of one', () => {
  test.each([
    { what: 'no spec', given: { metadata: { name: 'x' } } },
    { what: 'a spec that is a list', given: { metadata: {}, spec: [] } },
    { what: 'containers that are an object', given: { metadata: {}, spec: { containers: {} } } },
    { what: 'no containers', given: { metadata: {}, spec: { containers: [] } } },
  ])('is refused where it asks for a template, and let through where it does not: $what', ({ given }) => {
    const asking = { ...given, metadata: { annotations: { 'podgraft.dev/templates': 'log-shipper' } } };
    expect(decide(asking as JsonObject, [shipper]).codes).toEqual(['PG010']);
    expect(decide(given as JsonObject, [shipper])).toMatchObject({ kind: 'skip', patch: [] });
  });

  test('metadata that is no object asks for nothing', () => {
    for (const metadata of [null, [], 'x', 1]) {
      expect(decide({ metadata, spec: { containers: [] } }, [shipper])).toMatchObject({ kind: 'skip', patch: [] });
    }
  });
});
