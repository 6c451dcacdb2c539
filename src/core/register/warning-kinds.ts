import type { FieldPath } from '../field-path.ts';
import type { Position } from '../problem.ts';

/**
 * Everything that an admin should know about a template though it stops nothing (specification §12, "Warned"). The codes are stable,
 * as those of problemKinds are, and have pages in docs/problems/ too.
 */
export const warningKinds = {
  PG101: { title: 'A template sets a field of the workload that is protected' },
  PG102: { title: 'A sidecar has neither requests nor limits' },
  PG103: { title: 'An image has no tag, or the tag latest' },
  PG104: { title: 'The template needs more than the Pod Security level restricted' },
  PG105: { title: 'No container mounts a volume of the template' },
  PG106: { title: 'A mount needs a volume that the template does not bring' },
  PG107: { title: 'A literal value looks like a secret' },
  PG108: { title: 'An object must exist in each namespace that uses the template' },
  PG109: { title: 'The template sets an account without its imagePullSecrets' },
  PG110: { title: 'Two templates may not go together on one pod' },
  PG111: { title: 'Leaving a label off avoids a Required template' },
  PG112: { title: 'An entry of the template has no effect' },
  PG113: { title: 'The document is no template' },
  PG114: { title: 'The template has an order but no match' },
} as const satisfies Readonly<Record<string, { readonly title: string }>>;
export type WarningCode = keyof typeof warningKinds;

/** Something about a template that its admin should know. Never carries contents: only names, keys and paths. */
export interface TemplateWarning {
  /** A code of docs/problems too: PG101 … */
  readonly code: WarningCode;
  /** From the document's root. */
  readonly field: FieldPath;
  readonly detail: string;
  readonly at?: Position;
}
