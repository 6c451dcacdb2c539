import { formatPath } from '../core/field-path.ts';
import { cutBytes, formatCause, formatProblem, printable, problemKinds, problemTypes } from '../core/problem.ts';
import type { Problem } from '../core/problem.ts';
import type { RefusalStatus } from './decision.ts';
import { joinBounded } from './text.ts';

const maxMessageBytes = 1024;
const maxCauses = 50;
const maxCauseBytes = 256;
/** Room for `; and 999 more` beside a first problem that is cut. */
const andMoreBytes = 32;

/**
 * A refusal in the form in which each reader meets it (specification §8): the ReplicaSet's event shows `message`,
 * kubectl shows the causes. Always 422: Flyte retries 403 for ever, and a 409 is swallowed by controllers.
 * @param kind what was refused, e.g. `Pod`
 * @param name its name, else its generateName
 */
export function toRefusal(problems: readonly Problem[], kind: string, name: string): RefusalStatus {
  const lines = problems.map((problem) => cutBytes(formatProblem(problem), maxMessageBytes - andMoreBytes));
  return {
    code: 422,
    reason: 'Invalid',
    message: joinBounded(lines, '; ', maxMessageBytes, (count) => `; and ${count} more`),
    details: {
      kind,
      name: cutBytes(printable(name), maxCauseBytes),
      causes: problems.slice(0, maxCauses).map((problem) => ({
        field: cutBytes(printable(formatPath(problem.field)), maxCauseBytes),
        reason: problemTypes[problemKinds[problem.code].type],
        message: cutBytes(formatCause(problem), maxCauseBytes),
      })),
    },
  };
}
