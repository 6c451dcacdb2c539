import { formatPath } from '../../src/core/field-path.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import type { Settings } from '../../src/core/settings.ts';
import { injectionTemplate, settings, yamlObject } from './fixtures.ts';

/** The problems of a document as `PGnnn path`, in their order; empty where it is valid. */
export function problemsOf(document: Json, given: Settings = settings): readonly string[] {
  const result = parseTemplate(document, given);
  if (result.kind === 'other') throw new Error(`not a template: ${result.what}`);
  return result.kind === 'template' ? [] : result.problems.map(({ code, field }) => `${code} ${formatPath(field)}`);
}

/** The problems of a template of `{metadata?, spec?}`, given as YAML; paths begin at the PodTemplateSpec. */
export function problemsIn(podTemplate: string, spec: JsonObject = {}, given: Settings = settings): readonly string[] {
  const problems = problemsOf(injectionTemplate('t', yamlObject(podTemplate), spec), given);
  return problems.map((problem) => problem.replace(' spec.template.', ' ').replace(/ spec\.template$/, ' .'));
}

/** The warnings of a valid document as `PGnnn path`, in their order. */
export function warningsOf(document: Json, given: Settings = settings): readonly string[] {
  const result = parseTemplate(document, given);
  if (result.kind !== 'template') throw new Error(`no valid template: ${JSON.stringify(result)}`);
  return result.lint().map(({ code, field }) => `${code} ${formatPath(field)}`);
}

/** The warnings of a template of `{metadata?, spec?}`, given as YAML; paths begin at the PodTemplateSpec. */
export function warningsIn(podTemplate: string, spec: JsonObject = {}, given: Settings = settings): readonly string[] {
  const warnings = warningsOf(injectionTemplate('t', yamlObject(podTemplate), spec), given);
  return warnings.map((warning) => warning.replace(' spec.template.', ' '));
}
