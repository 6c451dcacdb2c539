import { toRefusal } from '../admission/refusal.ts';
import { cutBytes } from '../core/problem.ts';
import type { Template } from '../core/template.ts';
import type { ClusterTemplate } from './cluster-template.ts';

/** Why a template is or isn't accepted: the reason of its condition. */
export type VerdictReason = 'Accepted' | 'Invalid' | 'Shadowed' | 'TooMany';

/** What becomes of a template object. */
export interface Verdict {
  readonly subject: ClusterTemplate;
  readonly reason: VerdictReason;
  /** At most 1 KiB; names, keys and paths only. */
  readonly message: string;
  /** What is served under its name from this object, if anything. */
  readonly served?: Template;
}

/** How much a namespace outside the root namespace may bring (specification §3). */
export interface NamespaceLimits {
  readonly templates: number;
  readonly bytes: number;
}

export interface JudgeOptions {
  readonly rootNamespace: string;
  readonly limits: NamespaceLimits;
  /** Ids of all templates that files bring, valid or not. */
  readonly fileIds: ReadonlySet<string>;
}

/** By kind and id. */
export type Verdicts = ReadonlyMap<string, Verdict>;

/** The key of a verdict, and of all else that is kept of a template object. */
export function verdictKey({ kind, id }: { readonly kind: Template['kind']; readonly id: string }): string {
  return `${kind} ${id}`;
}

/**
 * Decides which of the cluster's templates are served (specification §3): a namespace/name exists once, files before
 * cluster, InjectionTemplate before PodTemplate; outside the root namespace the oldest go first, until a limit is met, so
 * that all replicas decide alike and nobody's template is pushed out by a newer one.
 */
export function judgeTemplates(all: Iterable<ClusterTemplate>, options: JudgeOptions): Verdicts {
  const { rootNamespace, limits, fileIds } = options;
  const subjects = [...all];
  const injectionIds = new Set(subjects.filter(({ kind }) => kind === 'InjectionTemplate').map(({ id }) => id));
  const verdicts = new Map<string, Verdict>();
  const used = new Map<string, { templates: number; bytes: number }>();
  for (const subject of subjects.toSorted(byAge)) {
    const { kind, id, namespace, bytes, template } = subject;
    const verdict = (reason: VerdictReason, message: string): void => {
      verdicts.set(verdictKey(subject), { subject, reason, message });
    };
    if (fileIds.has(id)) {
      verdict('Shadowed', `a file that podgraft was started with brings template ${id}; files come first`);
      continue;
    }
    if (kind === 'PodTemplate' && injectionIds.has(id)) {
      verdict('Shadowed', `there is an InjectionTemplate ${id}; it comes before a PodTemplate of that name`);
      continue;
    }
    if (template !== undefined && namespace !== rootNamespace) {
      const sum = used.get(namespace) ?? { templates: 0, bytes: 0 };
      if (sum.templates >= limits.templates || sum.bytes + bytes > limits.bytes) {
        verdict('TooMany', tooMany(namespace, limits));
        continue;
      }
      used.set(namespace, { templates: sum.templates + 1, bytes: sum.bytes + bytes });
    }
    verdicts.set(verdictKey(subject), {
      ...judgeContents(subject),
      ...(template !== undefined && { served: template }),
    });
  }
  return verdicts;
}

function judgeContents(subject: ClusterTemplate): Omit<Verdict, 'served'> {
  const { problems, template, kind, name } = subject;
  if (problems.length === 0) return { subject, reason: 'Accepted', message: 'the template is in use' };
  const { message } = toRefusal(problems, kind, name);
  const note = template === undefined ? '' : 'the last valid version stays in use; this one: ';
  return {
    subject,
    reason: 'Invalid',
    message: note === '' ? message : cutBytes(`${note}${message}`, maxMessageBytes),
  };
}

const maxMessageBytes = 1024;

function tooMany(namespace: string, { templates, bytes }: NamespaceLimits): string {
  return (
    `namespace ${namespace} may have ${templates} templates and ${bytes} bytes of them, and older ones take that up; ` +
    'delete some, or ask for the template in the root namespace'
  );
}

function byAge(a: ClusterTemplate, b: ClusterTemplate): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
