import fastJsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../src/admission/decision.ts';
import { decodeReview } from '../../src/admission/decode-review.ts';
import { encodeReview } from '../../src/admission/encode-review.ts';
import { mutatePods } from '../../src/admission/mutate-pods.ts';
import type { NamespaceInfo } from '../../src/core/graft/graft-pod.ts';
import { field, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Settings } from '../../src/core/settings.ts';
import { buildTemplateSet } from '../../src/core/template-set.ts';
import type { Template } from '../../src/core/template.ts';
import { throughServer } from '../support/api-server.ts';
import { app, asking, covered, pod, settings, template } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';

const sidecar = template('log-shipper', { spec: { containers: [{ name: 'shipper', image: 'shipper:1' }] } });
const labels = template('labels', { metadata: { labels: { team: 'a' } } });
const matched = template('matched', { metadata: { labels: { by: 'selector' } } }, { match: { podSelector: {} } });

interface Around {
  readonly templates?: readonly Template[];
  readonly namespaces?: readonly NamespaceInfo[];
  readonly settings?: Settings;
}

/** The decision about a request, which goes through its wire form first. */
function decide(request: JsonObject, around: Around = {}): Decision {
  const decoded = decodeReview(reviewBody(request));
  if (decoded.kind === 'invalid') throw new Error(decoded.message);
  const { templates = [sidecar, labels, matched], namespaces = [app], settings: given = settings } = around;
  return mutatePods(decoded.request, {
    templates: buildTemplateSet(templates, given.rootNamespace),
    settings: given,
    namespaceOf: (name) => namespaces.find((namespace) => namespace.name === name),
  });
}

function answer(request: JsonObject, around: Around = {}) {
  const decision = decide(request, around);
  if (decision.kind !== 'answer') throw new Error(`no answer but ${decision.kind}`);
  return decision;
}

/** The object after the patch, applied as strictly as an API server does. */
function patchedPod(request: JsonObject, around: Around = {}): JsonObject {
  const { response } = answer(request, around);
  const patch = response.patch === undefined ? [] : (JSON.parse(response.patch) as Operation[]);
  return fastJsonPatch.applyPatch(objectField(request, 'object'), patch, true, false).newDocument;
}

function containerNames(patched: JsonObject): readonly (string | undefined)[] {
  const containers = field(objectField(patched, 'spec'), 'containers') as readonly Json[];
  return containers.map((container) => stringField(container, 'name'));
}

describe('answers', () => {
  test('a pod that names a template is patched, and the facts say by what', () => {
    const decision = answer(podReview(asking(pod(), 'log-shipper')));
    expect(decision).toMatchObject({ outcome: 'patched', reason: 'grafted' });
    expect(decision.facts).toMatchObject({
      uid: '6b62c74e-b739-43e0-8e06-f33100362624',
      namespace: 'app',
      name: 'web',
      templates: ['podgraft-system/log-shipper'],
      operation: 'CREATE',
      dryRun: false,
    });
    expect(decision.facts.patchBytes).toBe(Buffer.byteLength(decision.response.patch ?? ''));
    expect(decision.facts.patchOps).toBeGreaterThan(1);
    expect(decision.response.auditAnnotations).toEqual({
      templates: 'podgraft-system/log-shipper',
      hashes: decision.facts.templateHashes[0],
    });
    expect(containerNames(patchedPod(podReview(asking(pod(), 'log-shipper'))))).toEqual(['main', 'shipper']);
  });

  test.each([
    [
      'T8 another kind',
      podReview({}, { kind: { group: '', version: 'v1', kind: 'Node' }, namespace: null }),
      'not_pod_creation',
    ],
    [
      'T8 a Pod of another group',
      podReview(asking(pod(), 'labels'), { kind: { group: 'x.io', kind: 'Pod' } }),
      'not_pod_creation',
    ],
    [
      'T8 a subresource',
      podReview(asking(pod(), 'labels'), { subResource: 'ephemeralcontainers' }),
      'not_pod_creation',
    ],
    ['T8 an UPDATE', podReview(asking(pod(), 'labels'), { operation: 'UPDATE' }), 'not_pod_creation'],
    ['T8 a DELETE', podReview(null, { operation: 'DELETE' }), 'not_pod_creation'],
    ['T8 a CONNECT', podReview(pod(), { operation: 'CONNECT', subResource: 'exec' }), 'not_pod_creation'],
    ['T9 an object that is null', podReview(null), 'no_object'],
    ['T9 an object without a spec that asks for nothing', podReview({ metadata: {} }), 'nothing'],
    ['T9 an object without anything', podReview({}), 'nothing'],
    ['T9 containers that are an object', podReview({ metadata: {}, spec: { containers: {} } }), 'nothing'],
    ['T9 metadata that is text', podReview({ metadata: 'x', spec: { containers: [] } }), 'nothing'],
    ['a pod that asks for nothing', podReview(pod()), 'nothing'],
    [
      'T24 a mirror pod',
      podReview(asking(pod({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }), 'labels')),
      'mirror',
    ],
  ])('%s goes through untouched', (_, request, reason) => {
    const { outcome, reason: given, response } = answer(request);
    expect({ outcome, reason: given }).toEqual({ outcome: 'unchanged', reason });
    expect(response).toEqual({ uid: response.uid, allowed: true });
  });

  test.each([
    ['T9 metadata alone', asking({}, 'labels')],
    ['T9 a spec that is null', { ...asking(pod(), 'labels'), spec: null }],
    ['T9 no containers', asking(pod({ containers: null }), 'log-shipper')],
    ['T9 containers that are empty', asking(pod({ containers: [] }), 'log-shipper')],
    ['T9 containers that are an object', asking(pod({ containers: {} }), 'log-shipper')],
    ['T9 a container that is null', asking(pod({ containers: [null] }), 'log-shipper')],
    [
      'T15 a container of the name that is injected',
      asking(pod({ containers: [{ name: 'shipper', image: 'mine:1' }] }), 'log-shipper'),
    ],
    ['T22 a template that is absent', asking(pod(), 'log-shiper')],
  ])('%s is refused where a template was asked for', (_, object) => {
    const { outcome, response } = answer(podReview(object));
    expect(outcome).toBe('denied');
    expect(response.allowed).toBe(false);
    expect(response.patch).toBeUndefined();
    expect(response.status).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'Pod' } });
    expect(response.auditAnnotations?.['outcome']).toMatch(/^refused PG\d{3}/u);
  });

  test('T24 a pod of the system is never touched, and who names a template there is told', () => {
    const request = podReview(asking(pod({}, { namespace: 'kube-system' }), 'labels'), { namespace: 'kube-system' });
    const { outcome, reason, response } = answer(request, { namespaces: [{ ...app, name: 'kube-system' }] });
    expect({ outcome, reason, patch: response.patch }).toEqual({ outcome: 'unchanged', reason: 'excluded' });
    expect(response.warnings).toHaveLength(1);
  });

  test('T15 the refusal names the field', () => {
    const object = asking(pod({ containers: [{ name: 'shipper', image: 'mine:1' }] }), 'log-shipper');
    const { response, reason } = answer(podReview(object));
    expect(response.status?.details.causes[0]).toMatchObject({
      field: 'spec.containers[0].name',
      reason: 'FieldValueDuplicate',
    });
    expect(reason).toBe('conflict');
  });

  test('T22 the refusal names the nearest template', () => {
    const { response, reason } = answer(podReview(asking(pod(), 'log-shiper')));
    expect(response.status?.message).toContain('log-shipper');
    expect(reason).toBe('template_not_found');
  });

  test('a namespace that is not known is no answer, but a 503', () => {
    expect(decide(podReview(pod()), { namespaces: [] })).toMatchObject({
      kind: 'unavailable',
      reason: 'namespace_unknown',
    });
  });

  test('T10 a pod that has only a generateName is called by it', () => {
    const object = asking(pod({}, { name: null, generateName: 'web-7d4b9-' }), 'nope');
    const { facts, response } = answer(podReview(object, { name: '' }));
    expect(facts.name).toBe('web-7d4b9-');
    expect(response.status?.details.name).toBe('web-7d4b9-');
  });

  test('T10 a pod whose request has no name is called by its own', () => {
    expect(answer(podReview(pod({}, { name: 'own' }), { name: '' })).facts.name).toBe('own');
    expect(answer(podReview({}, { name: '' })).facts.name).toBe('');
  });

  test.each([
    ['absent', null],
    ['another', 'elsewhere'],
  ])('T11 the namespace of the request counts, and metadata.namespace, %s, is left alone', (_, namespace) => {
    const object = asking(pod({}, { namespace }), 'labels');
    const local = template('app/labels', { metadata: { labels: { from: 'app' } } });
    const elsewhere = template('elsewhere/labels', { metadata: { labels: { from: 'elsewhere' } } });
    const request = podReview(object);
    const metadata = objectField(patchedPod(request, { templates: [local, elsewhere] }), 'metadata');
    expect(field(objectField(metadata, 'labels'), 'from')).toBe('app');
    expect(field(metadata, 'namespace')).toBe(namespace);
  });

  test.each([
    ['absent', {}],
    ['null', { annotations: null }],
    ['empty', { annotations: {} }],
    ['full of / and ~', { annotations: { 'a/b~c': 'd', '~1/~0': 'e', '': 'f' } }],
  ])('T12 annotations that are %s get those of the template', (_, given) => {
    const annotating = template('annotating', { metadata: { annotations: { 'example.com/key': 'x' } } });
    const metadata = { name: 'web', labels: { 'podgraft.dev/template': 'annotating' }, ...given };
    const request = podReview({ metadata, spec: { containers: [{ name: 'main', image: 'a' }] } });
    const annotations = field(objectField(patchedPod(request, { templates: [annotating] }), 'metadata'), 'annotations');
    expect(annotations).toMatchObject({ ...objectField(given, 'annotations'), 'example.com/key': 'x' });
  });

  test('T13 hostile keys in the pod are data: the patch applies and nothing is polluted', () => {
    const hostile = JSON.parse(
      '{"constructor":"x","toString":"y","hasOwnProperty":"z","constructor.prototype":"w","__proto__":"v"}',
    ) as JsonObject;
    const object = asking(pod({}, { labels: hostile, annotations: hostile }), 'labels');
    expect(answer(podReview(object)).outcome).toBe('patched');
    expect({}).not.toHaveProperty('x');
  });

  test('T14 containers of one name, which the API server refuses by itself, are no reason to stumble', () => {
    const twice = [
      { name: 'main', image: 'a' },
      { name: 'main', image: 'b' },
    ];
    expect(answer(podReview(asking(pod({ containers: twice }), 'labels'))).outcome).toBe('patched');
  });

  test('T16, T19 its own output, defaulted by the API server, gets no patch, the same audit annotations, no warning', () => {
    const request = podReview(asking(pod(), 'log-shipper', 'labels'));
    const first = answer(request);
    const again = answer(podReview(throughServer(patchedPod(request))));
    expect(again.outcome).toBe('unchanged');
    expect(again.response).toEqual({
      uid: again.response.uid,
      allowed: true,
      auditAnnotations: first.response.auditAnnotations,
    });
    expect(again.facts.templates).toEqual(first.facts.templates);
  });

  test('T17 a forged mark is replaced, not believed', () => {
    const forged = {
      'podgraft.dev/injected': '{"v":1,"templates":["log-shipper"]}',
      'podgraft.dev/templates': 'log-shipper',
    };
    const patched = patchedPod(podReview(pod({}, { annotations: forged })));
    expect(containerNames(patched)).toEqual(['main', 'shipper']);
    expect(field(objectField(objectField(patched, 'metadata'), 'annotations'), 'podgraft.dev/injected')).not.toBe(
      forged['podgraft.dev/injected'],
    );
  });

  test('T17 a mark on a pod that gets nothing is taken away', () => {
    const { outcome, reason, response } = answer(
      podReview(pod({}, { annotations: { 'podgraft.dev/injected': '{}' } })),
    );
    expect({ outcome, reason }).toEqual({ outcome: 'patched', reason: 'nothing' });
    expect(JSON.parse(response.patch ?? '')).toEqual([
      { op: 'remove', path: '/metadata/annotations/podgraft.dev~1injected' },
    ]);
  });

  test('T27, T28 fields and numbers that we do not know are not touched', () => {
    const spec = {
      futureField: { a: [1] },
      containers: [{ name: 'main', image: 'a', resources: { limits: { cpu: '1e3' } } }],
    };
    const patched = patchedPod(podReview(asking(pod(spec), 'log-shipper')));
    expect(field(objectField(patched, 'spec'), 'futureField')).toEqual({ a: [1] });
    const { response } = answer(podReview(asking(pod(spec), 'log-shipper')));
    expect(response.patch).not.toContain('1e3');
    expect(response.patch).not.toContain('futureField');
  });

  test('T32 a dry run gets the same patch', () => {
    const request = podReview(asking(pod(), 'log-shipper'));
    expect(answer({ ...request, dryRun: true }).response).toEqual(answer(request).response);
  });

  test('a matched template that is left out is named in the audit log and the facts, and the pod goes through', () => {
    const broken = template(
      'broken',
      { spec: { containers: [{ name: 'main', image: 'other:1' }] } },
      { match: { podSelector: {} } },
    );
    const { outcome, reason, response, facts } = answer(podReview(pod()), {
      templates: [broken],
      namespaces: [covered],
    });
    expect({ outcome, reason, allowed: response.allowed }).toEqual({
      outcome: 'unchanged',
      reason: 'leftOut',
      allowed: true,
    });
    expect(response.auditAnnotations?.['outcome']).toBe('left out podgraft-system/broken PG012');
    expect(response.warnings?.join()).toContain('podgraft-system/broken');
    expect(facts.leftOut).toEqual(['podgraft-system/broken']);
  });

  test('a refusal carries what else there is to say', () => {
    const broken = template(
      'broken',
      { spec: { containers: [{ name: 'main', image: 'other:1' }] } },
      { match: { podSelector: {} } },
    );
    const { facts, response } = answer(podReview(asking(pod(), 'nope')), {
      templates: [broken],
      namespaces: [covered],
    });
    expect(response.auditAnnotations?.['outcome']).toContain('refused PG001');
    expect(facts.templates).toEqual([]);
  });
});

describe('a bug of ours (T36)', () => {
  test('that the self-check finds is an error, never a refusal and never a patch', () => {
    const open = template(
      'open',
      { spec: { containers: [{ name: 'primary', env: [{ name: 'A', value: 'CANARY' }] }] } },
      { protect: ['image', 'command', 'args'] },
    );
    // As if the compiler had forgotten that env is protected.
    const miscompiled: Template = { ...open, protect: new Set(['image', 'command', 'args', 'env']) };
    const decision = decide(podReview(asking(pod(), 'open')), { templates: [miscompiled] });
    expect(decision).toMatchObject({ kind: 'error', reason: 'self_check', where: 'path' });
    expect(JSON.stringify(decision)).not.toContain('CANARY');
  });
});

describe('caps are refusals (contract C23, R36)', () => {
  test('a patch of more than 256 KiB', () => {
    const args = Array.from({ length: 40 }, (_, index) => `${index}${'x'.repeat(5000)}`);
    const large = (name: string): Template => template(name, { spec: { containers: [{ name, image: 'a:1', args }] } });
    const { outcome, reason, response } = answer(podReview(asking(pod(), 'one', 'two')), {
      templates: [large('one'), large('two')],
    });
    expect({ outcome, reason }).toEqual({ outcome: 'denied', reason: 'cap' });
    expect(response.status?.message).toMatch(
      /Too many.*the patch would have \d+ bytes, 262144 are .*podgraft-system\/one, podgraft-system\/two.*PG022/u,
    );
    expect(response.patch).toBeUndefined();
  });

  test('a patch of more than 256 KiB that only a selector asks for: the last template is left out', () => {
    const args = Array.from({ length: 40 }, (_, index) => `${index}${'x'.repeat(5000)}`);
    const large = (name: string): Template =>
      template(name, { spec: { containers: [{ name, image: 'a:1', args }] } }, { match: {} });
    const { outcome, facts } = answer(podReview(pod()), {
      templates: [large('one'), large('two')],
      settings: { ...settings, injection: 'all' },
    });
    expect({ outcome, leftOut: facts.leftOut }).toEqual({ outcome: 'patched', leftOut: ['podgraft-system/two'] });
  });

  test('T26 a pod that would have more than 1 MiB with what is grafted', () => {
    const huge = pod({ containers: [{ name: 'main', image: 'a', args: ['x'.repeat(1024 * 1024)] }] });
    const { outcome, reason, response } = answer(podReview(asking(huge, 'labels')));
    expect({ outcome, reason }).toEqual({ outcome: 'denied', reason: 'cap' });
    expect(response.status?.message).toContain('the grafted pod would have');
  });

  test('T26 a large pod that stays below is patched, and one that asks for nothing is none of our business', () => {
    const large = pod({ containers: [{ name: 'main', image: 'a', args: ['x'.repeat(900 * 1024)] }] });
    expect(answer(podReview(asking(large, 'labels'))).outcome).toBe('patched');
    const huge = pod({ containers: [{ name: 'main', image: 'a', args: ['x'.repeat(2 * 1024 * 1024)] }] });
    expect(answer(podReview(huge)).outcome).toBe('unchanged');
  });
});

describe('what is logged', () => {
  test('is bounded and printable, and says what controls the pod', () => {
    const ownerReferences = [{ kind: 'Other' }, { kind: 'Replica\nSet', controller: true }];
    const { facts } = answer(
      podReview(pod({}, { ownerReferences }), { name: `a\n\u001B${'b'.repeat(1000)}`, operation: 'CREATE' }),
    );
    expect(facts.ownerKind).toBe('ReplicaSet');
    expect(facts.name).toMatch(/^ab+…$/u);
    expect(facts.name).toHaveLength(253);
  });
});

describe('the wire (contract C10–C13)', () => {
  const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

  test('patch and patchType come together or not at all', () => {
    expect(JSON.parse(encodeReview({ uid: 'a', allowed: true }, toBase64))).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'a', allowed: true },
    });
    expect(JSON.parse(encodeReview({ uid: 'a', allowed: true, patch: '[]' }, toBase64))).toMatchObject({
      response: { patch: 'W10=', patchType: 'JSONPatch' },
    });
  });

  test('T29 whatever text a pod holds, the answer is JSON', () => {
    const object = asking(pod({}, { labels: { app: '\uD83D 🚀 שלום' } }), 'labels\uD83D');
    const { response } = answer(podReview(object, { name: '🚀\uD83D' }));
    const text = encodeReview(response, toBase64);
    expect(text.isWellFormed()).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ response: { allowed: false } });
  });
});
