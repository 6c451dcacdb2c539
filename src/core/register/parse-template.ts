import { compilePodTemplate } from '../graft/compile.ts';
import { own, stringField } from '../json.ts';
import type { Json } from '../json.ts';
import { apiVersion } from '../keys.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import type { Template } from '../template.ts';
import { checkAllowances, demandsOf } from './allowances.ts';
import { applyRules } from './apply-rules.ts';
import { checkPairs } from './check-pairs.ts';
import { lintTemplate } from './lint.ts';
import { withoutServerDefaults, withVolumeSources } from './pod-template-defaults.ts';
import { inDocumentOrder } from './problem-order.ts';
import { checkRefusedFields, reportPrototypeKeys } from './refused-fields.ts';
import { checkEntries, templateEntries } from './special-entries.ts';
import { toTemplateDocument } from './template-document.ts';
import type { TemplateDocument } from './template-document.ts';
import { templateHash } from './template-hash.ts';
import { optionalInTemplates } from './template-schema.ts';
import { settingsRules } from './template-settings-rules.ts';
import { checkSettings, readSettings } from './template-settings.ts';
import { sizeProblem } from './template-size.ts';
import { tryGraft } from './trial-graft.ts';
import { reportUnsupported, validateSchema } from './validate-schema.ts';
import type { Report } from './validate-schema.ts';
import type { TemplateWarning } from './warning-kinds.ts';

export type ParsedTemplate =
  | {
      readonly kind: 'template';
      readonly template: Template;
      /** What it is worth a warning about (specification §12), worked out when asked for. */
      readonly lint: () => readonly TemplateWarning[];
    }
  | { readonly kind: 'invalid'; readonly id: string; readonly problems: readonly Problem[] }
  /** Not a template at all: another kind, or a PodTemplate without our label. `what` is its apiVersion and kind. */
  | { readonly kind: 'other'; readonly what: string };

/**
 * Judges one document (an InjectionTemplate, or a labelled core/v1 PodTemplate) and compiles it. All problems at once, in the order
 * of the document, each once (specification §12); their fields start at the document's root. Never throws, whatever the document is.
 */
export function parseTemplate(document: Json, settings: Settings): ParsedTemplate {
  const found = toTemplateDocument(document, settings);
  if ('what' in found) return { kind: 'other', what: found.what };
  const { id } = found;
  const invalid = (problems: readonly Problem[]): ParsedTemplate => ({
    kind: 'invalid',
    id,
    problems: inDocumentOrder(document, problems).map((problem) => ({ ...problem, template: id })),
  });
  // Before anything that takes time or depth by the document's size.
  const tooLarge = sizeProblem(found);
  if (tooLarge !== undefined) return invalid([tooLarge]);

  const problems: Problem[] = [];
  const report: Report = (problem) => {
    problems.push(problem);
  };
  const templateSettings = readSettings(found, report);
  const { podTemplate, podTemplatePath } = found;
  const entries = templateEntries(podTemplate, templateSettings.primaryContainerName);
  checkVersion(found, report);
  reportPrototypeKeys(document, [], report);
  validateSchema(found.schema, document, [], report, optionalInTemplates);
  applyRules(found.schema, document, [], report, settingsRules);
  checkSettings(found, entries, settings, report);
  checkEntries(entries, templateSettings.primaryContainerName, (problem) =>
    report({ ...problem, field: [...podTemplatePath, ...problem.field] }),
  );
  checkPairs(podTemplate, entries, podTemplatePath, report);
  checkRefusedFields(podTemplate, podTemplatePath, report);
  checkAllowances(demandsOf(podTemplate, entries), found.isRoot, settings, podTemplatePath, report);
  if (problems.length > 0) return invalid(problems);

  const prepared = withVolumeSources(found.kind === 'PodTemplate' ? withoutServerDefaults(podTemplate) : podTemplate);
  const { primaryContainerName, protect, sidecars } = templateSettings;
  const template: Template = {
    ...templateSettings,
    kind: found.kind,
    namespace: found.namespace,
    name: stringField(own(found.document, 'metadata'), 'name') ?? '',
    id,
    hash: templateHash(prepared, templateSettings),
    compiled: compilePodTemplate({ podTemplate: prepared, primaryContainerName, protect, sidecars }),
  };
  const refused = tryGraft(template, podTemplate, entries, podTemplatePath, settings);
  if (refused.length > 0) return invalid(refused);
  return {
    kind: 'template',
    template,
    lint: () =>
      inDocumentOrder(document, lintTemplate({ document: found, template: templateSettings, entries }, settings)),
  };
}

/** Our API group with another version or kind is a slip, not somebody else's object. */
function checkVersion({ kind, document }: TemplateDocument, report: Report): void {
  if (kind === 'PodTemplate') return;
  const wanted = { apiVersion, kind: 'InjectionTemplate' };
  for (const [key, value] of Object.entries(wanted)) {
    const actual = own(document, key) ?? '';
    if (typeof actual === 'string' && actual !== value) reportUnsupported(actual, [value], [key], report);
  }
}
