import { positionOf } from '../core/manifest/yaml.ts';
import { formatProblem } from '../core/problem.ts';
import { graftManifests, nameOf } from './graft-manifests.ts';
import type { GraftedDocument, GraftedObject } from './graft-manifests.ts';
import { formatInjected } from './inject-output.ts';
import type { InjectFormat } from './inject-output.ts';
import { prepareOffline } from './offline.ts';
import type { OfflineOptions } from './offline.ts';
import { complain, exitCodes, warn, write } from './output.ts';
import type { ExitCode } from './output.ts';
import { formatPosition } from './template-file.ts';

export interface InjectOptions extends OfflineOptions {
  readonly output: InjectFormat;
}

/** `podgraft inject`: grafts manifests (specification §14). Where one is refused, stdout stays empty. */
export async function runInject(options: InjectOptions): Promise<ExitCode> {
  const offline = await prepareOffline(options);
  if (offline === undefined) return exitCodes.usage;
  const documents = graftManifests(offline);
  const refusals = documents.flatMap((document) =>
    document.objects.flatMap((object) => refusalLines(document, object)),
  );
  for (const { objects } of documents) for (const { warnings } of objects) for (const line of warnings) warn(line);
  if (refusals.length > 0) {
    for (const line of refusals) complain(line);
    return exitCodes.refused;
  }
  write(await formatInjected(offline.files, documents, options.output));
  return exitCodes.done;
}

/** Why an object is refused, a line each: where, which object, which field, what is wrong, what to do. */
function refusalLines({ document }: GraftedDocument, object: GraftedObject): readonly string[] {
  const { outcome, place } = object;
  if (outcome.kind !== 'refuse') return [];
  return outcome.problems.map((problem) => {
    const at = formatPosition(positionOf(document, [...place.path, ...problem.field]));
    const field = problem.field.length === 0 ? [] : [...place.path.slice(place.object.length), ...problem.field];
    return `${at}: ${nameOf(place)}: ${formatProblem({ ...problem, field })}`;
  });
}
