import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import type { NamespaceInfo } from '../../src/core/graft/graft-pod.ts';
import { field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { toJsonPatch } from '../../src/core/graft/patch.ts';
import type { Template } from '../../src/core/template.ts';
import { namespace, parsed } from '../support/fixtures.ts';
import { decide, settle } from '../support/graft.ts';
import type { Result } from '../support/graft.ts';

// NAME.in.yaml holds templates, perhaps a Namespace, and a pod (or a workload with one); NAME.out.yaml what must come
// out, read and approved by a person. After a change of behaviour: `UPDATE_GOLDEN=1 npx vitest run test/golden`, then
// read the difference. The five systems' inputs are those of examples/.

const cases = new URL('cases/', import.meta.url);
const examples = new URL('../../examples/', import.meta.url);

interface Input {
  readonly templates: readonly Template[];
  readonly pod: JsonObject;
  readonly namespace: NamespaceInfo;
}

async function documents(file: URL): Promise<readonly JsonObject[]> {
  const text = await readFile(file, 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Json)
    .filter(isObject);
}

/** The pod that a workload's controller makes: its template, with the owner that it gets. */
function toPod(workload: JsonObject): JsonObject {
  if (workload['kind'] === 'Pod') return workload;
  const metadata = objectField(workload, 'metadata');
  const template = objectField(objectField(workload, 'spec'), 'template');
  const name = stringField(metadata, 'name') ?? '';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...objectField(template, 'metadata'),
      generateName: `${name}-`,
      namespace: metadata['namespace'] ?? 'default',
      ownerReferences: [
        { apiVersion: workload['apiVersion'] ?? '', kind: workload['kind'] ?? '', name, uid: 'u', controller: true },
      ],
    },
    spec: template['spec'] ?? {},
  };
}

function toInput(all: readonly JsonObject[]): Input {
  const templates: Template[] = [];
  let described: JsonObject = {};
  let workload: JsonObject = {};
  for (const document of all) {
    const kind = document['kind'];
    if (kind === 'InjectionTemplate' || kind === 'PodTemplate') templates.push(parsed(document));
    else if (kind === 'Namespace') described = objectField(document, 'metadata');
    else workload = document;
  }
  const pod = toPod(workload);
  const name = stringField(pod['metadata'], 'namespace') ?? 'default';
  return {
    templates,
    pod,
    namespace: namespace(name, objectField(described, 'labels'), objectField(described, 'annotations')),
  };
}

function report({ outcome, kind, pod, patch, problems, warnings, leftOut, templates }: Result, input: Input): string {
  const edits = outcome.kind === 'graft' ? outcome.graft.edits : [];
  const result: Record<string, unknown> = {
    outcome: outcome.kind === 'skip' ? `skip: ${outcome.reason}` : kind,
    templates,
    leftOut,
    problems,
    warnings,
    patch: kind === 'refuse' ? [] : patch,
    from: edits.map(({ op, path, template }) => `${op} /${path.join('/')}: ${template}`),
    pod: kind === 'refuse' ? null : pod,
  };
  expect(toJsonPatch(input.pod, edits)).toEqual(kind === 'graft' ? patch : []);
  return stringify(result, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What comes out, and what the golden file says; the same, once `UPDATE_GOLDEN=1` has written it. */
async function compare(golden: URL, input: Input): Promise<readonly [string, string]> {
  const actual = report(settle(input.pod, input.templates, { namespace: input.namespace }), input);
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, actual);
  return [actual, await readFile(golden, 'utf8')];
}

const names = (await readdir(cases)).filter((name) => name.endsWith('.in.yaml')).toSorted();
const systems = (await readdir(examples)).toSorted();

describe('golden files', () => {
  test('there are some', () => {
    expect(names.length).toBeGreaterThanOrEqual(8);
    expect(systems).toHaveLength(5);
  });

  test.each(names)('%s', async (name) => {
    const input = toInput(await documents(new URL(name, cases)));
    const [actual, golden] = await compare(new URL(name.replace('.in.', '.out.'), cases), input);
    expect(actual).toBe(golden);
  });
});

describe('the five systems', () => {
  test.each(systems)('%s', async (name) => {
    const folder = new URL(`${name}/`, examples);
    const all = await Promise.all(['template.yaml', 'workload.yaml'].map(async (file) => documents(new URL(file, folder))));
    const [actual, golden] = await compare(new URL(`system-${name}.out.yaml`, cases), toInput(all.flat()));
    expect(actual).toBe(golden);
  });

  test('a thousand pods of one Indexed Job get byte-equal patches', async () => {
    const folder = new URL('flyte-pod-task/', examples);
    const all = await Promise.all(['template.yaml', 'workload.yaml'].map(async (file) => documents(new URL(file, folder))));
    const { pod, templates, namespace: around } = toInput(all.flat());
    const metadata = objectField(pod, 'metadata');
    const patches = Array.from({ length: 1000 }, (_, index) => {
      const annotations = { ...objectField(metadata, 'annotations'), 'batch.kubernetes.io/job-completion-index': String(index) };
      return JSON.stringify(decide({ ...pod, metadata: { ...metadata, annotations } }, templates, { namespace: around }).patch);
    });
    expect(new Set(patches).size).toBe(1);
    expect(field(metadata, 'generateName')).toBe('map-task-');
  });
});
