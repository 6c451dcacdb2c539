import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayField, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { describeHelm, find, releases, render } from '../chart/support/helm.ts';
import type { Release } from '../chart/support/helm.ts';
import { api, create, dryRun, eventually, messageOf, remove } from './support/api.ts';
import { describeCluster, kubectl, newNamespace } from './support/cluster.ts';

// What the chart renders, before a real API server: whether it takes each object, and what its CEL does with pods.

const admission = '/apis/admissionregistration.k8s.io/v1';
/** Kinds that others bring. */
const foreignKinds = ['Certificate', 'Issuer', 'PrometheusRule', 'ServiceMonitor'];

const mirrorKey = 'kubernetes.io/config.mirror';

/** A pod's spec; a mirror pod stands for one that a node runs already. */
function toSpec(metadata: JsonObject): JsonObject {
  const spec = { containers: [{ name: 'main', image: 'app:1' }] };
  return mirrorKey in objectField(metadata, 'annotations') ? { ...spec, nodeName: 'n1' } : spec;
}

describeHelm('the objects of the chart', (version) => {
  describeCluster('before a real API server', () => {
    test.each(releases)('those of release $name are accepted, field by field', async (release) => {
      const namespace = await newNamespace();
      const objects = await render(version, { ...release, namespace, set: ['settings.rootNamespace='] });
      const foreign = objects.filter(({ kind }) => foreignKinds.some((foreignKind) => foreignKind === kind));
      const ours = objects.filter((object) => !foreign.includes(object));
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: ours });
      const args = [
        'apply',
        '--server-side',
        '--dry-run=server',
        '--validate=strict',
        '--force-conflicts',
        '-o',
        'name',
      ];
      const { exit, stdout, stderr } = await kubectl([...args, '-f', '-'], input);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      expect(stdout.trim().split('\n').length).toBe(ours.length);
      expect(ours.length).toBeGreaterThan(8);
      expect(new Set(foreign.map(({ kind }) => kind))).toEqual(new Set(release.name === 'prod' ? foreignKinds : []));
    });

    describe('the conditions of both webhooks, where nobody answers', () => {
      const release: Release = { name: `cel-${version.replaceAll('.', '-')}`, namespace: 'nowhere' };
      let namespace = '';

      beforeAll(async () => {
        namespace = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
        const configuration = find(await render(version, release), 'MutatingWebhookConfiguration');
        // Under Ignore nobody would see whether it was called.
        const webhooks = arrayField(configuration, 'webhooks')
          .filter(isObject)
          .map((webhook) => ({ ...webhook, failurePolicy: 'Fail' }));
        await create({ ...configuration, webhooks });
        await eventually('both webhooks are in effect', async () => {
          const answers = [await calledFor({ labels: named }), await calledFor({})];
          return answers.join() === 'named,matched' ? true : undefined;
        });
      });
      afterAll(async () => remove(`${admission}/mutatingwebhookconfigurations/00-podgraft-${release.name}`));

      const named = { 'podgraft.dev/template': 'a' };
      const mirror = { [mirrorKey]: 'x' };
      /** Which webhook the API server calls for a pod: as nobody answers it says so. */
      async function calledFor(metadata: JsonObject, name: JsonObject = { name: 'web' }): Promise<string> {
        const answer = await dryRun({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...name, namespace, ...metadata },
          spec: toSpec(metadata),
        });
        if (answer.status === 201) return 'none';
        return /failed calling webhook "(\w+)\.podgraft\.dev"/.exec(messageOf(answer))?.[1] ?? messageOf(answer);
      }

      test.each<readonly [string, JsonObject, string]>([
        ['no labels and no annotations', {}, 'matched'],
        ['empty maps', { labels: {}, annotations: {} }, 'matched'],
        ['null for both maps', { labels: null, annotations: null }, 'matched'],
        ['null for the value of a key', { labels: { a: null }, annotations: { b: null } }, 'matched'],
        [
          'null for the labels, and a name in an annotation',
          { labels: null, annotations: { 'podgraft.dev/templates': 'a' } },
          'named',
        ],
        ['null for the annotations, and a name in a label', { labels: named, annotations: null }, 'named'],
        ['a label that is empty', { labels: { 'podgraft.dev/template': '' } }, 'named'],
        ['a label that is null', { labels: { 'podgraft.dev/template': null } }, 'named'],
        ['a label and an annotation', { labels: named, annotations: { 'podgraft.dev/templates': 'b' } }, 'named'],
        ['another key of ours', { labels: { 'podgraft.dev/inject': 'false' } }, 'matched'],
        ['an annotation called as the label', { annotations: named }, 'matched'],
        ['the mark of a mirror pod', { annotations: mirror }, 'none'],
        ['a mirror pod that names a template', { labels: named, annotations: mirror }, 'none'],
      ])('%s: %s is sent to %s', async (_, metadata, expected) => {
        expect(await calledFor(metadata)).toBe(expected);
        expect(await calledFor(metadata, { generateName: 'web-' })).toBe(expected);
      });

      test('a pod that asks for nothing, in a namespace that is not covered, is sent to nobody', async () => {
        const covered = namespace;
        namespace = await newNamespace();
        expect([await calledFor({}), await calledFor({ labels: named })]).toEqual(['none', 'named']);
        namespace = covered;
      });

      test('a namespace’s own label can’t take it out of reach of named', async () => {
        const covered = namespace;
        namespace = await newNamespace({
          'podgraft.dev/injection': 'disabled',
          'kubernetes.io/metadata.name': 'kube-system',
        });
        expect([await calledFor({}), await calledFor({ labels: named })]).toEqual(['none', 'named']);
        namespace = covered;
      });
    });

    describe.each(['Warn', 'Deny'] as const)('the policy about pods that nobody grafted, action %s', (action) => {
      const name = `vap-${action.toLowerCase()}-${version.replaceAll('.', '-')}`;
      const status = action === 'Deny' ? 422 : 201;
      let excluded = '';
      let namespace = '';
      let objects: readonly JsonObject[] = [];

      beforeAll(async () => {
        [namespace, excluded] = [await newNamespace(), await newNamespace()];
        const set = [
          `policies.ungrafted.action=${action}`,
          `settings.excludedNamespaces={${excluded}}`,
          'policies.immutableMark.enabled=true',
        ];
        const all = await render(version, { name, namespace: 'nowhere', set });
        objects = all.filter((object) => stringField(object, 'kind')?.startsWith('ValidatingAdmissionPolicy') === true);
        for (const object of objects) await create(object);
        await eventually('the policies are in effect', async () => {
          const [there, elsewhere] = [await tryPod(namespace, named), await tryPod(excluded, named)];
          return there.startsWith(`${status} `) && elsewhere.includes(excluded) ? true : undefined;
        });
      });
      afterAll(async () => {
        for (const object of objects) {
          const plural = `${(stringField(object, 'kind') ?? '').toLowerCase().replace(/y$/, 'ie')}s`;
          await remove(`${admission}/${plural}/${stringField(objectField(object, 'metadata'), 'name')}`);
        }
        // What the server evaluates follows a little later, and would be heard by the next group.
        await eventually('the policies are gone', async () =>
          (await tryPod(namespace, named)) === '201 ' ? true : undefined,
        );
      });

      const named = { labels: { 'podgraft.dev/template': 'a' } };
      const marked = { ...named, annotations: { 'podgraft.dev/injected': '{}' } };
      const pod = (inside: string, metadata: JsonObject): JsonObject => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web', namespace: inside, ...metadata },
        spec: toSpec(metadata),
      });
      /** Status, and what was said. */
      async function tryPod(inside: string, metadata: JsonObject): Promise<string> {
        const answer = await dryRun(pod(inside, metadata));
        const said = answer.status === 201 ? answer.warnings.join() : messageOf(answer);
        return `${answer.status} ${said.replace(/^.*denied request: |^.*binding '[^']+': /, '')}`;
      }
      const text = 'the pod names pod templates and podgraft grafted none: ';

      test('says so, and refuses only where it is told to', async () => {
        const refusal = `${text}a webhook after it added the name; put it on the pod itself`;
        expect(await tryPod(namespace, named)).toBe(`${status} ${refusal}`);
        expect(await tryPod(namespace, { labels: null, annotations: { 'podgraft.dev/templates': 'a' } })).toContain(
          refusal,
        );
      });

      test('only warns in a namespace that podgraft leaves alone', async () => {
        expect(await tryPod(excluded, named)).toBe(`201 ${text}it leaves namespace ${excluded} alone`);
      });

      test.each<readonly [string, JsonObject]>([
        ['has a mark', marked],
        ['names nothing', { labels: null, annotations: null }],
        ['is a mirror pod', { ...named, annotations: { [mirrorKey]: 'x' } }],
      ])('says nothing about a pod that %s', async (_, metadata) => {
        expect(await tryPod(namespace, metadata)).toBe('201 ');
      });

      test('nobody changes the mark of a pod that is there, and everything else can change', async () => {
        await create(pod(namespace, marked));
        const path = `/api/v1/namespaces/${namespace}/pods/web`;
        const patch = async (metadata: Json): Promise<number> => (await api('PATCH', path, { metadata })).status;
        expect(await patch({ labels: { a: 'b' }, annotations: { c: 'd' } })).toBe(200);
        expect(await patch({ annotations: { 'podgraft.dev/injected': '{"version":1}' } })).toBe(422);
        expect(await patch({ annotations: { 'podgraft.dev/injected': null } })).toBe(422);
        expect(await patch({ labels: { 'podgraft.dev/grafted': 'true' } })).toBe(422);
        await remove(path);
        await create(pod(namespace, { name: 'plain' }));
        const plain = await api('PATCH', `/api/v1/namespaces/${namespace}/pods/plain`, {
          metadata: { annotations: { 'podgraft.dev/injected': '{}' } },
        });
        expect(messageOf(plain)).toContain('the annotation podgraft.dev/injected is podgraft');
      });
    });
  });
});
