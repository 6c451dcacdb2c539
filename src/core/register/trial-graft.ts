import type { FieldPath } from '../field-path.ts';
import { graftPod } from '../graft/graft-pod.ts';
import type { JsonObject } from '../json.ts';
import { keys } from '../keys.ts';
import { formatProblem } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import { buildTemplateSet } from '../template-set.ts';
import type { Template } from '../template.ts';
import { lendMissing } from './lend.ts';
import type { TemplateEntry } from './special-entries.ts';

/**
 * Grafts the template onto the smallest pod that could ask for it: one container, named like the primary entry; volumes and claims that
 * must come from the pod are lent to it. What that pod would be refused for is a problem of the template (PG046; specification §12).
 */
export function tryGraft(
  template: Template,
  podTemplate: JsonObject,
  entries: readonly TemplateEntry[],
  path: FieldPath,
  settings: Settings,
): readonly Problem[] {
  const { volumes, resourceClaims } = lendMissing(podTemplate, entries);
  const namespace = { name: `${settings.rootNamespace}-trial`, labels: {}, annotations: {} };
  // As if it stood in the root namespace and everyone might use it: whom it is for isn't what is tried here.
  const { match: _match, allowedNamespaces: _allowed, ...shared } = template;
  const tried: Template = { ...shared, namespace: settings.rootNamespace, enforcement: 'Optional' };
  const outcome = graftPod(
    {
      namespace,
      pod: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'trial', annotations: { [keys.templates]: template.name } },
        spec: {
          containers: [{ name: template.primaryContainerName, image: 'trial:1' }],
          ...(volumes.length > 0 ? { volumes } : {}),
          ...(resourceClaims.length > 0 ? { resourceClaims } : {}),
        },
      },
    },
    buildTemplateSet([tried], settings.rootNamespace),
    { ...settings, excludedNamespaces: [], reusable: { selectors: [], ownerKinds: [] } },
  );
  if (outcome.kind !== 'refuse') return [];
  return outcome.problems.map((problem) => ({
    code: 'PG046',
    field: path,
    detail: `a pod with nothing but one container would be refused: ${formatProblem(problem)}`,
  }));
}
