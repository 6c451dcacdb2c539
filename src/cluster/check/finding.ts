/** How a thing stands. `unseen`: it could not be looked at, which says nothing about the thing. */
export type FindingState = 'ok' | 'warn' | 'broken' | 'unseen';

/** One thing that `check` looked at (specification §14). */
export interface Finding {
  /** The thing, as Kubernetes names it: `Service podgraft-system/podgraft`. */
  readonly what: string;
  readonly state: FindingState;
  /** How it stands, and what follows from that; no full stop. */
  readonly detail: string;
  /** What to do about it. */
  readonly todo?: string;
}

/** What a look at the cluster brought: `unseen` where we may not look, or nobody answered. */
export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unseen'; readonly why: string };

/** The finding about a thing that could not be looked at. */
export function unseen(what: string, why: string, todo?: string): Finding {
  return { what, state: 'unseen', detail: `could not look: ${why}`, ...(todo !== undefined && { todo }) };
}

/** Several deviations of one thing as one finding; the worst decides. Undefined where there is none. */
export function worstOf(what: string, findings: readonly Omit<Finding, 'what'>[]): Finding | undefined {
  const worst = findings.find(({ state }) => state === 'broken') ?? findings[0];
  if (worst === undefined) return undefined;
  const { state, todo } = worst;
  return { what, state, detail: findings.map(({ detail }) => detail).join('; '), ...(todo !== undefined && { todo }) };
}
