import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { toReview } from '../../src/cli/demo-review.ts';
import { parseTemplateFile } from '../../src/cli/template-file.ts';
import { isObject, objectField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { manifestObjects, podPlace } from '../../src/core/manifest/workload.ts';
import { parseYaml } from '../../src/core/manifest/yaml.ts';
import type { Template } from '../../src/core/template.ts';
import { settings } from '../support/fixtures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The texts of a folder's files whose names end like that, below it too. */
function textsOf(folder: string, ending: string): readonly string[] {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'));
}

/** Template files to begin with: the five systems', and those of the golden cases. */
export const templateTexts: readonly string[] = [
  ...textsOf('examples', 'template.yaml'),
  ...textsOf('test/golden/cases', '.in.yaml'),
];

/** The templates in them: what reviews are held against. */
export const templates: readonly Template[] = [
  ...new Map(
    templateTexts
      .flatMap((text) => parseTemplateFile('seed.yaml', text, settings, 'without warnings').entries)
      .flatMap(({ template }) => (template === undefined ? [] : [[template.id, template] as const])),
  ).values(),
];

/** Reviews to begin with: what a real API server sent, and the pods of all those files that have any. */
export const reviews: readonly JsonObject[] = [
  ...textsOf('test/fixtures', '.json').map((text) => JSON.parse(text) as Json),
  ...[...textsOf('examples', 'workload.yaml'), ...textsOf('test/golden/cases', '.in.yaml')].flatMap(reviewsOf),
].filter(isObject);

function reviewsOf(text: string): readonly JsonObject[] {
  return parseYaml(text)
    .documents.flatMap(({ value }) => manifestObjects(value))
    .map(podPlace)
    .filter((place) => place !== undefined)
    .map((place) => {
      const review = toReview(place, place.namespace ?? 'app');
      // Its uid is random, and a case must be the same each time.
      return { ...review, request: { ...objectField(review, 'request'), uid: '6b62c74e-b739-43e0-8e06-f33100362624' } };
    });
}
