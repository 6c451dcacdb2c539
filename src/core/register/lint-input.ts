import type { TemplateEntry } from './special-entries.ts';
import type { TemplateDocument } from './template-document.ts';
import type { TemplateSettings } from './template-settings-defaults.ts';

/** A valid template, as its warnings need it. */
export interface LintInput {
  readonly document: TemplateDocument;
  readonly template: TemplateSettings;
  readonly entries: readonly TemplateEntry[];
}
