import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edit } from '../../src/core/graft/graft-pod.ts';
import { toJsonPatch } from '../../src/core/graft/patch.ts';
import { replay } from '../../src/core/graft/replay.ts';
import { selfCheck } from '../../src/core/graft/self-check.ts';
import { arrayField, equal, field, isObject, objectField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { objectSchema, podSpec } from '../../src/core/kubernetes/schema.ts';
import { formatProblem } from '../../src/core/problem.ts';
import { validateSchema } from '../../src/core/register/validate-schema.ts';
import { throughServer } from '../support/api-server.ts';
import { pod, runs, templates } from '../support/arbitrary.ts';
import { covered } from '../support/fixtures.ts';
import { at, decide, names } from '../support/graft.ts';
import type { Result } from '../support/graft.ts';
import { replayByHand } from '../support/replay-by-hand.ts';
import { lost } from '../support/stands.ts';

const metadataSchema = objectSchema('ObjectMeta');

/** All that is wrong with a pod by Kubernetes' schema. */
function invalid(given: JsonObject): readonly string[] {
  const problems: string[] = [];
  const report = (problem: Parameters<typeof formatProblem>[0]): void => {
    problems.push(formatProblem(problem));
  };
  validateSchema(podSpec, given['spec'] ?? null, ['spec'], report);
  validateSchema(metadataSchema, given['metadata'] ?? null, ['metadata'], report);
  return problems;
}

function container(given: JsonObject, list: string, name: Json | undefined): Json | undefined {
  return arrayField(given['spec'], list).find((each) => field(each, 'name') === name);
}

function repeated(values: readonly (Json | undefined)[]): readonly (Json | undefined)[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

function edits({ outcome }: Result): readonly Edit[] {
  return outcome.kind === 'graft' ? outcome.graft.edits : outcome.kind === 'skip' ? outcome.edits : [];
}

/** What a patch may replace or remove (§6, the end of the second table). */
const mayReplace = [
  /^\/spec\/(dnsPolicy|schedulerName|terminationGracePeriodSeconds|enableServiceLinks|serviceAccountName|restartPolicy)$/,
  /^\/spec\/(init)?[cC]ontainers\/\d+\/(terminationMessagePath|terminationMessagePolicy|imagePullPolicy)$/,
  /^\/spec\/(init)?[cC]ontainers\/\d+\/volumeMounts\/\d+$/,
  /^\/spec\/affinity\/nodeAffinity\/requiredDuringSchedulingIgnoredDuringExecution(\/nodeSelectorTerms(\/\d+)?)?$/,
  /^\/metadata\/annotations\/podgraft\.dev~1injected$/,
  /^\/metadata\/labels\/podgraft\.dev~1grafted$/,
];
const mayRemove = [
  /^\/spec\/(priority|preemptionPolicy)$/,
  /^\/spec\/tolerations\/\d+$/,
  /^\/spec\/volumes\/\d+$/,
  /^\/spec\/(init)?[cC]ontainers\/\d+\/volumeMounts\/\d+$/,
  /^\/spec\/resources\/requests(\/[a-z]+)?$/,
  /^\/spec\/affinity\/nodeAffinity\/requiredDuringSchedulingIgnoredDuringExecution\/nodeSelectorTerms\/\d+$/,
];

/** What holds of every result, by name. */
const invariants: Readonly<Record<string, (given: JsonObject, result: Result) => void>> = {
  'the edits replayed by hand, by the core and by fast-json-patch give one pod': (given, result) => {
    expect(replayByHand(given, edits(result))).toEqual(result.pod);
    expect(replay(given, edits(result))).toEqual(result.pod);
  },
  'a patch adds; it replaces and removes only what the specification lists': (_, { patch }) => {
    const allowed = { add: [/^/], replace: mayReplace, remove: mayRemove };
    const others = patch.filter(({ op, path }) => {
      const paths = op === 'add' || op === 'replace' || op === 'remove' ? allowed[op] : [];
      return !paths.some((known) => known.test(path));
    });
    expect(others).toEqual([]);
  },
  'each edit comes from a template that was grafted, or from podgraft': (_, result) => {
    for (const { template } of edits(result)) expect(['podgraft', ...result.templates]).toContain(template);
  },
  'image, command and args never change; env, envFrom and resources only where a template may': (given, result) => {
    const used = result.outcome.kind === 'graft' ? result.outcome.graft.templates : [];
    const open = (name: 'env' | 'resources'): boolean => used.some(({ protect }) => !protect.has(name));
    const guarded = [
      'image',
      'command',
      'args',
      ...(open('env') ? [] : ['env', 'envFrom']),
      ...(open('resources') ? [] : ['resources']),
    ];
    for (const list of ['containers', 'initContainers']) {
      for (const before of arrayField(given['spec'], list)) {
        const after = container(result.pod, list, field(before, 'name'));
        const values = (of: Json | undefined): readonly unknown[] => guarded.map((key) => [key, field(of, key)]);
        expect(values(after)).toEqual(values(before));
      }
    }
  },
  'the workload’s containers keep their order and come first': (given, result) => {
    const before = names(given, 'containers');
    expect(names(result.pod, 'containers').slice(0, before.length)).toEqual(before);
    const own = names(given, 'initContainers');
    expect(names(result.pod, 'initContainers').filter((name) => own.includes(name))).toEqual(own);
  },
  "all of the pod's own values stand": (given, result) => {
    expect(lost(given, result.pod)).toEqual([]);
  },
  'the result is valid by the schema where the pod was': (given, result) => {
    expect(invalid(given)).toEqual([]);
    expect(invalid(result.pod)).toEqual([]);
  },
  'nothing is there twice': (given, result) => {
    const all = [...names(result.pod, 'containers'), ...names(result.pod, 'initContainers')];
    const own = [...names(given, 'containers'), ...names(given, 'initContainers')];
    if (repeated(own).length === 0) expect(repeated(all)).toEqual([]);
    expect(repeated(names(result.pod, 'volumes'))).toEqual([]);
    for (const list of ['containers', 'initContainers']) {
      for (const each of arrayField(result.pod['spec'], list)) {
        expect(repeated(arrayField(each, 'volumeMounts').map((mount) => field(mount, 'mountPath')))).toEqual([]);
        expect(repeated(arrayField(each, 'env').map((variable) => field(variable, 'name')))).toEqual([]);
      }
    }
  },
  'each volume that is mounted is there': (_, { pod: after }) => {
    for (const list of ['containers', 'initContainers']) {
      for (const each of arrayField(after['spec'], list)) {
        for (const mount of arrayField(each, 'volumeMounts'))
          expect(names(after, 'volumes')).toContain(field(mount, 'name'));
      }
    }
  },
  'the mark and its label are there where something was grafted, and nowhere else': (_, { kind, pod: after }) => {
    const isMarked = at(after, 'metadata', 'annotations', 'podgraft.dev/injected') !== undefined;
    const isLabelled = at(after, 'metadata', 'labels', 'podgraft.dev/grafted') !== undefined;
    expect([isMarked, isLabelled]).toEqual([kind === 'graft', kind === 'graft']);
  },
  'outside metadata and spec nothing changes': (given, { pod: after }) => {
    const rest = ({ metadata: _metadata, spec: _spec, ...others }: JsonObject): JsonObject => others;
    expect(rest(after)).toEqual(rest(given));
    const { labels: _a, annotations: _b, ...metadata } = objectField(after, 'metadata');
    const { labels: _c, annotations: _d, ...before } = objectField(given, 'metadata');
    expect(metadata).toEqual(before);
  },
  'warnings are printable': (_, { warnings }) => {
    for (const warning of warnings) expect(warning).toMatch(/^[^\u0000-\u001F\u007F]+$/);
  },
};

test('what holds of every graft', () => {
  fc.assert(
    fc.property(pod, templates, fc.boolean(), (written, registered, isDefaulted) => {
      const given = isDefaulted ? throughServer(written) : written;
      const text = JSON.stringify(given);
      const result = decide(given, registered, { namespace: covered });
      if (result.kind === 'refuse') {
        expect(result.problems).not.toEqual([]);
        return;
      }
      if (result.outcome.kind === 'graft') {
        const { graft } = result.outcome;
        expect(selfCheck(structuredClone<JsonObject>(given), toJsonPatch(given, graft.edits), graft)).toBeUndefined();
      }
      for (const [name, holds] of Object.entries(invariants)) {
        try {
          holds(given, result);
        } catch (error) {
          throw new Error(name, { cause: error });
        }
      }
      expect(JSON.stringify(given)).toBe(text);
      expect(isObject(result.pod) && equal(decide(given, registered, { namespace: covered }).pod, result.pod)).toBe(
        true,
      );
    }),
    { numRuns: runs },
  );
});

test.each([
  { what: 'a scalar', after: { hostname: 'other' } },
  { what: 'a scalar that is gone', after: { hostname: null } },
  { what: 'an image', after: { containers: [{ name: 'main', image: 'other:1' }] } },
  { what: 'a container that is gone', after: { containers: [] } },
  { what: 'a map key', after: { nodeSelector: { a: 'other' } } },
  { what: 'a toleration', after: { tolerations: [{ key: 'b', operator: 'Exists' }] } },
  { what: 'an element of an atomic list', after: { securityContext: { supplementalGroups: [2] } } },
])('the check of rule zero sees $what', ({ after }) => {
  const before = {
    spec: {
      hostname: 'h',
      containers: [{ name: 'main', image: 'app:1' }],
      nodeSelector: { a: 'x' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      securityContext: { supplementalGroups: [1] },
    },
  };
  expect(lost(before, before)).toEqual([]);
  expect(lost(before, { spec: { ...before.spec, ...after } })).toHaveLength(1);
});
