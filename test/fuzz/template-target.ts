import { isDeepStrictEqual } from 'node:util';
import { parseTemplateFile } from '../../src/cli/template-file.ts';
import { arrayField, objectField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatProblem } from '../../src/core/problem.ts';
import { settings } from '../support/fixtures.ts';
import { faultOfTemplates } from './review-target.ts';
import { reviews } from './seeds.ts';

const utf8 = new TextDecoder();

/** Why podgraft deals wrongly with this template file, or undefined where it does as it shall, whatever the file holds. */
export function faultOfTemplateFile(bytes: Uint8Array): string | undefined {
  const text = utf8.decode(bytes);
  const read = parseTemplateFile('fuzz.yaml', text, settings, 'with warnings');
  const again = parseTemplateFile('fuzz.yaml', text, settings, 'with warnings');
  const summary = ({ entries, problems, ignored }: typeof read): unknown => [
    entries.map((entry) => [entry.id, entry.at, entry.template?.hash, entry.problems]),
    problems,
    ignored,
  ];
  if (!isDeepStrictEqual(summary(read), summary(again))) return 'twice the same file, and not the same templates';
  if (Object.keys(Object.prototype).length > 0) return 'Object.prototype was written to';
  for (const { template, problems } of read.entries) {
    if ((template === undefined) !== problems.length > 0)
      return 'a template that is invalid without a problem, or valid with one';
    for (const problem of problems) if (formatProblem(problem) === '') return 'a problem without a text';
    if (template === undefined) continue;
    for (const review of reviews) {
      const fault = faultOfTemplates([template], naming(review, template.name, template.namespace));
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

/** The review of a pod that names only this template. */
function naming(review: JsonObject, name: string, namespace: string): JsonObject {
  const request = objectField(review, 'request');
  const object = objectField(request, 'object');
  const metadata = { ...objectField(object, 'metadata'), annotations: {}, labels: { 'podgraft.dev/template': name } };
  const spec = objectField(object, 'spec');
  const place = namespace === settings.rootNamespace ? 'app' : namespace;
  const containers = arrayField(spec, 'containers');
  return {
    ...review,
    request: { ...request, namespace: place, object: { ...object, metadata, spec: { ...spec, containers } } },
  };
}
