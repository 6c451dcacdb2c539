import { formatPath } from '../core/field-path.ts';
import type { FieldPath } from '../core/field-path.ts';
import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { field, isArray, isObject } from '../core/json.ts';
import type { Json } from '../core/json.ts';
import { attribute, attributions } from '../core/manifest/attribution.ts';
import type { Attributed } from '../core/manifest/attribution.ts';
import { explainPod } from '../core/manifest/explain.ts';
import type { Explanation } from '../core/manifest/explain.ts';
import { manifestObjects, podPlace } from '../core/manifest/workload.ts';
import type { PodPlace } from '../core/manifest/workload.ts';
import { positionOf } from '../core/manifest/yaml.ts';
import { formatProblem } from '../core/problem.ts';
import { formatExplanation } from './explain-text.ts';
import { prepareOffline } from './offline.ts';
import type { OfflineOptions } from './offline.ts';
import { complain, exitCodes, write } from './output.ts';
import type { ExitCode } from './output.ts';
import { formatPosition } from './template-file.ts';

export interface ExplainOptions extends OfflineOptions {
  readonly output: 'text' | 'json';
}

/** A pod, or a workload's pod template, with all that is to be said about it. */
export interface ExplainedObject {
  readonly at: string;
  readonly place: PodPlace;
  readonly namespace: NamespaceInfo;
  readonly explanation: Explanation;
  /** The pod, or the workload's pod template, as it comes out. */
  readonly tree: Attributed;
}

/** `podgraft explain`: who set what, what was kept back, which templates were considered (specification §14). */
export async function runExplain(options: ExplainOptions): Promise<ExitCode> {
  const offline = await prepareOffline(options);
  if (offline === undefined) return exitCodes.usage;
  const { settings, templates, namespaceOf } = offline;
  const explained: ExplainedObject[] = [];
  for (const { documents } of offline.files) {
    for (const document of documents) {
      for (const object of manifestObjects(document.value)) {
        const place = podPlace(object);
        if (place === undefined) continue;
        const namespace = namespaceOf(place.namespace);
        const explanation = explainPod({ pod: place.pod, namespace }, templates, settings);
        const own = valueAt(document.value, place.path);
        const tree = attribute(isObject(own) ? own : {}, explanation.edits);
        explained.push({ at: formatPosition(positionOf(document, place.object)), place, namespace, explanation, tree });
      }
    }
  }
  if (explained.length === 0) complain('there is no pod and no workload in these files');
  write(
    options.output === 'json'
      ? `${JSON.stringify(explained.map(toJson), null, 2)}\n`
      : explained.map(formatExplanation).join('\n'),
  );
  return explained.some(({ explanation }) => explanation.outcome.kind === 'refuse')
    ? exitCodes.refused
    : exitCodes.done;
}

function valueAt(value: Json, path: FieldPath): Json | undefined {
  return path.reduce<Json | undefined>(
    (found, step) => (typeof step === 'string' ? field(found, step) : isArray(found) ? found[step] : undefined),
    value,
  );
}

function toJson({ at, place, namespace, explanation, tree }: ExplainedObject): Json {
  const { outcome, considered, token } = explanation;
  const graft = outcome.kind === 'graft' ? outcome.graft : undefined;
  return {
    at,
    kind: place.kind,
    namespace: namespace.name,
    name: place.name,
    outcome: outcome.kind,
    considered: considered.map((candidate): Json => ({ ...candidate })),
    ...(graft?.primary === undefined ? {} : { primary: graft.primary }),
    problems: outcome.kind === 'refuse' ? outcome.problems.map(formatProblem) : [],
    kept: (graft?.kept ?? []).map((kept) => ({ field: formatPath(kept.field), template: kept.template })),
    warnings: outcome.warnings,
    serviceAccountToken: { serviceAccountName: token.serviceAccountName, containers: token.containers },
    fields: attributions(tree).map((attribution) => ({ field: formatPath(attribution.field), from: attribution.from })),
  };
}
