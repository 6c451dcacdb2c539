import { arrayField, field, own, stringField } from '../json.ts';
import type { Settings } from '../settings.ts';
import { lendMissing } from './lend.ts';
import { lintAnnotations, lintContainers } from './lint-containers.ts';
import type { LintInput } from './lint-input.ts';
import { lintReferences } from './lint-references.ts';
import { podSecurity } from './pod-security.ts';
import type { TemplateWarning } from './warning-kinds.ts';

const maxReasons = 3;

/** All that an admin should know about a valid template (specification §12, "Warned"), other templates apart. */
export function lintTemplate(input: LintInput, settings: Settings): readonly TemplateWarning[] {
  return [
    ...lintMatch(input),
    ...lintContainers(input, settings),
    ...lintAnnotations(input),
    ...lintVolumes(input),
    ...lintReferences(input),
    ...lintSecurity(input),
  ];
}

function lintMatch({ document: { kind }, template }: LintInput): readonly TemplateWarning[] {
  const warnings: TemplateWarning[] = [];
  const { match, enforcement, order } = template;
  if (enforcement === 'Required' && match !== undefined && match.podSelector.length > 0) {
    const detail = 'a pod that leaves the label off avoids the template; only a namespaceSelector holds for all';
    warnings.push({ code: 'PG111', field: ['spec', 'match', 'podSelector'], detail });
  }
  if (match === undefined && order !== 0) {
    const path = kind === 'PodTemplate' ? ['metadata', 'annotations', 'podgraft.dev/order'] : ['spec', 'order'];
    warnings.push({ code: 'PG114', field: path, detail: 'has no effect: only matched templates are ordered by it' });
  }
  return warnings;
}

function lintVolumes({ document: { podTemplate, podTemplatePath }, entries }: LintInput): readonly TemplateWarning[] {
  const live = entries.filter(({ role }) => role !== 'ignored');
  const used = new Set(
    live.flatMap(({ container }) => [
      ...[...arrayField(container, 'volumeMounts'), ...arrayField(container, 'volumeDevices')].map((mount) =>
        stringField(mount, 'name'),
      ),
      ...arrayField(container, 'env').map((variable) =>
        stringField(field(field(variable, 'valueFrom'), 'fileKeyRef'), 'volumeName'),
      ),
    ]),
  );
  const unused = arrayField(own(podTemplate, 'spec'), 'volumes').flatMap(
    (volume, index): readonly TemplateWarning[] => {
      const name = stringField(volume, 'name') ?? '';
      const detail = `no container of the template mounts ${JSON.stringify(name)}`;
      return used.has(name) ? [] : [{ code: 'PG105', field: [...podTemplatePath, 'spec', 'volumes', index], detail }];
    },
  );
  const lent = new Set(lendMissing(podTemplate, entries).volumes.map((volume) => stringField(volume, 'name')));
  const missing = live.flatMap(({ container, path }) =>
    ['volumeMounts', 'volumeDevices'].flatMap((list) =>
      arrayField(container, list).flatMap((mount, index): readonly TemplateWarning[] => {
        const name = stringField(mount, 'name') ?? '';
        if (!lent.has(name)) return [];
        const detail = `the volume ${JSON.stringify(name)} must come from the pod or another template; pods without it are refused`;
        return [{ code: 'PG106', field: [...podTemplatePath, ...path, list, index, 'name'], detail }];
      }),
    ),
  );
  return [...unused, ...missing];
}

function lintSecurity({ document: { podTemplate, podTemplatePath }, entries }: LintInput): readonly TemplateWarning[] {
  const { level, needs } = podSecurity(podTemplate, entries);
  const reasons = needs.filter((need) => need.level === level);
  const [first] = reasons;
  if (first === undefined) return [];
  const named = reasons.slice(0, maxReasons).map(({ says }) => says);
  const more = reasons.length > maxReasons ? `; and ${reasons.length - maxReasons} more` : '';
  const detail = `its pods need the Pod Security level ${level}: ${named.join('; ')}${more}`;
  return [{ code: 'PG104', field: [...podTemplatePath, ...first.path], detail }];
}
