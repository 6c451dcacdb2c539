import { readdir, readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { arrayField, field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { crdFile } from '../../tools/crd/definition.ts';
import { injectionTemplate, settings } from '../support/fixtures.ts';
import { api, create, dryRun, eventually, get, messageOf, remove } from './support/api.ts';
import { templateDocuments } from './support/arbitrary.ts';
import { describeCluster, kubectl, newNamespace } from './support/cluster.ts';

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/injectiontemplates.podgraft.dev';
let namespace = '';

describeCluster('the CustomResourceDefinition', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    const applied = await kubectl(['apply', '--server-side', '--filename', crdFile]);
    if (applied.exit !== 0) throw new Error(applied.stderr);
    await eventually('templates can be created', async () => {
      const answer = await dryRun(inNamespace(injectionTemplate('probe', {})));
      return answer.status === 201 ? true : undefined;
    });
  });
  afterAll(async () => remove(crdPath));

  test('is established, its schema structural, all its rules compiled', async () => {
    const states = async (): Promise<unknown> => {
      const conditions = arrayField(objectField(await get(crdPath), 'status'), 'conditions');
      return Object.fromEntries(conditions.map((each) => [stringField(each, 'type'), stringField(each, 'status')]));
    };
    // Templates can be created a moment before the definition says so.
    await expect.poll(states, { timeout: 60_000 }).toEqual({ NamesAccepted: 'True', Established: 'True' });
  });

  test('can be applied the old way too, whose copy in an annotation must fit', async () => {
    const { exit, stderr } = await kubectl([
      'create',
      '--dry-run=client',
      '--save-config',
      '-o',
      'json',
      '--filename',
      crdFile,
    ]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  test('a template with four mistakes is stored as it is, for the webhook to list them all', async () => {
    const wrong = injectionTemplate('wrong', {
      metadata: { name: 'not-here', creationTimestamp: null },
      spec: {
        restartPolicy: 'Sometimes',
        containers: [{ name: 'Not A Name', imagee: 's:1', resources: { limits: { cpu: 0.5, memory: 'much' } } }],
        volumes: [{ name: 'v' }, { name: 'v' }],
      },
    });
    const stored = await create(inNamespace(wrong));
    expect(objectField(stored, 'spec')['template']).toEqual(objectField(wrong, 'spec')['template']);
    const known = parseTemplate(stored, settings);
    expect(known.kind === 'invalid' && known.problems.length).toBeGreaterThanOrEqual(4);
  });

  test('a template comes back as it went: its hash is the same from a file and from the cluster', async () => {
    const documents = [...(await examples()), ...fc.sample(templateDocuments, 150).flat()];
    let compared = 0;
    for (const document of documents) {
      const before = parseTemplate(document, settings);
      if (before.kind !== 'template' || before.template.kind !== 'InjectionTemplate') continue;
      const answer = await dryRun(inNamespace(document));
      expect(messageOf(answer)).toBe('');
      const after = parseTemplate({ ...answer.body, metadata: { name: before.template.name } }, settings);
      expect(after.kind === 'template' && after.template.hash).toBe(before.template.hash);
      compared++;
    }
    expect(compared).toBeGreaterThan(30);
  });

  test('what a template leaves out is filled in as the core has it', async () => {
    const { body } = await dryRun(inNamespace(injectionTemplate('t', {})));
    expect(body['spec']).toEqual({
      primaryContainerName: 'primary',
      protect: ['image', 'command', 'args', 'resources', 'env'],
      order: 0,
      enforcement: 'Optional',
      conflictPolicy: 'KeepPod',
      sidecars: { lifecycle: 'Auto', initOrder: 'Last' },
      template: {},
    });
  });

  describe('what it refuses by itself, while the webhook is away', () => {
    test.each<{ what: string; spec: JsonObject; says: string }>([
      { what: 'a Required template without a match', spec: { enforcement: 'Required' }, says: 'must have a match' },
      {
        what: 'an unknown enforcement',
        spec: { enforcement: 'Sometimes' },
        says: 'supported values: "Optional", "Required"',
      },
      {
        what: 'image taken off the list of protected fields',
        spec: { protect: ['command', 'args'] },
        says: 'must hold image, command and args',
      },
      {
        what: 'a field protected twice',
        spec: { protect: ['image', 'image', 'command', 'args'] },
        says: 'Duplicate value',
      },
      {
        what: 'something that cannot be protected',
        spec: { protect: ['image', 'command', 'args', 'ports'] },
        says: 'Unsupported value: "ports"',
      },
      { what: 'no name for the primary entry', spec: { primaryContainerName: '' }, says: 'spec.primaryContainerName' },
      {
        what: 'a primary entry called default',
        spec: { primaryContainerName: 'default' },
        says: 'the name of another special entry',
      },
      { what: 'a primary entry that is no name', spec: { primaryContainerName: 'Main' }, says: 'must be lower case' },
      { what: 'a description of two lines', spec: { description: 'one\ntwo' }, says: 'must be one line' },
      { what: 'an order that is no number', spec: { order: 'first' }, says: 'spec.order' },
      {
        what: 'In without values',
        spec: { match: { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } },
        says: 'need values',
      },
      {
        what: 'Exists with values',
        spec: { match: { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } } },
        says: 'need values',
      },
      {
        what: 'an unknown operator',
        spec: { allowedNamespaces: { matchExpressions: [{ key: 'a', operator: 'Gt' }] } },
        says: 'Unsupported value: "Gt"',
      },
      {
        what: 'a preset request above its limit',
        spec: { sidecars: { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } } },
        says: 'must not be above its limit',
      },
      {
        what: 'a preset of something else',
        spec: { sidecars: { resources: { requests: { 'example.test/gpu': '2' } } } },
        says: 'only cpu and memory',
      },
      {
        what: 'an unknown lifecycle',
        spec: { sidecars: { lifecycleByName: { a: 'Never' } } },
        says: 'supported values: "Auto", "Native", "Container"',
      },
    ])('$what', async ({ spec, says }) => {
      const answer = await dryRun(inNamespace(injectionTemplate('t', {}, spec)));
      expect({ status: answer.status, message: messageOf(answer) }).toEqual({
        status: 422,
        message: expect.stringContaining(says),
      });
    });

    test.each(['a.b', 'a'.repeat(64)])('the name %s, which no label value can hold', async (name) => {
      const document = inNamespace({ ...injectionTemplate('t', {}), metadata: { name } });
      expect(messageOf(await dryRun(document))).toContain("the name must fit a label's value");
    });

    test('no template at all', async () => {
      const { template: _, ...spec } = objectField(injectionTemplate('t', {}), 'spec');
      expect(messageOf(await dryRun(inNamespace({ ...injectionTemplate('t', {}), spec })))).toContain(
        'spec.template: Required value',
      );
    });
  });

  test('kubectl shows templates in columns', async () => {
    await create(inNamespace(injectionTemplate('shown', {}, { description: 'For people', match: {} })));
    await api('PATCH', `/apis/podgraft.dev/v1alpha1/namespaces/${namespace}/injectiontemplates/shown/status`, {
      status: {
        observedGeneration: 1,
        hash: 'sha256:0123',
        podSecurityLevel: 'restricted',
        conditions: [
          {
            type: 'Accepted',
            status: 'True',
            lastTransitionTime: '2026-01-01T00:00:00Z',
            reason: 'Valid',
            message: '',
          },
        ],
      },
    });
    const { stdout } = await kubectl(['get', 'injt', 'shown', '--namespace', namespace]);
    await expect(withoutAge(stdout)).toMatchFileSnapshot('golden/get-injt.txt');
    const wide = await kubectl([
      'get',
      'podgraft',
      '--namespace',
      namespace,
      '--output',
      'wide',
      '--field-selector',
      'metadata.name=shown',
    ]);
    await expect(withoutAge(wide.stdout)).toMatchFileSnapshot('golden/get-injt-wide.txt');
  });

  test.each(['injt', 'injt.spec', 'injt.spec.sidecars', 'injt.spec.template.spec'])(
    'kubectl explains %s',
    async (path) => {
      const { stdout } = await eventually(`kubectl explain ${path}`, async () => {
        const answer = await kubectl(['explain', path]);
        return answer.exit === 0 ? answer : undefined;
      });
      await expect(stdout).toMatchFileSnapshot(`golden/explain-${path}.txt`);
    },
  );
});

function inNamespace(document: JsonObject): JsonObject {
  return { ...document, metadata: { ...objectField(document, 'metadata'), namespace } };
}

async function examples(): Promise<readonly JsonObject[]> {
  const root = new URL('../../examples/', import.meta.url);
  const documents: JsonObject[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const text = await readFile(new URL(`${entry.name}/template.yaml`, root), 'utf8');
    documents.push(
      ...parseAllDocuments(text)
        .map((document) => document.toJS() as Json)
        .filter(isObject),
    );
  }
  return documents.filter((document) => field(document, 'kind') === 'InjectionTemplate');
}

function withoutAge(table: string): string {
  return table.replaceAll(/\b\d+[smh]\b/g, 'AGE');
}
