import { toBundle } from './certificate-facts.ts';
import type { Authority, CertificateFact } from './certificate-facts.ts';
import type { CertificateState, SecretView } from './certificate-state.ts';

/** How long certificates live; all else follows (contract P4, P5). */
export interface CertificateTimes {
  readonly caLifeMs: number;
  readonly leafLifeMs: number;
}

/** A replica's own certificate. */
export interface LeafFact {
  /** The id of the CA that it is under. */
  readonly issuerId: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The caBundle of one webhook of ours, as the cluster has it. */
export interface LiveBundle {
  readonly text: string;
  readonly cas: readonly CertificateFact[];
}

/** All that a decision depends on. Webhooks are read before the Secret: see {@link decide}. */
export interface Situation {
  readonly secret: SecretView;
  /** The last state that this replica has seen whole. */
  readonly remembered?: CertificateState;
  readonly bundles: readonly LiveBundle[];
  readonly leaf?: LeafFact;
  readonly nowMs: number;
  readonly times: CertificateTimes;
  /** This replica's own number from 0 to 1, so that not all replicas do the same at once (P2). */
  readonly jitter: number;
}

/** The one thing to do next; after it all is read anew. */
export type CertificateAction =
  /** Make a first CA; webhooks go on trusting `keep` until what is under those has ended. */
  | { readonly kind: 'bootstrap'; readonly keep: readonly CertificateFact[] }
  /** Make the next CA (P2). */
  | { readonly kind: 'prepare'; readonly state: CertificateState }
  /** Write a state that needs no new CA. */
  | {
      readonly kind: 'write';
      readonly step: 'restored' | 'published' | 'promoted' | 'retired';
      readonly state: CertificateState;
    }
  /** Let every webhook trust the bundle (P3). */
  | { readonly kind: 'publish'; readonly bundle: string }
  /** Make a leaf of our own. */
  | { readonly kind: 'issue'; readonly signer: Authority }
  /** Nothing, for so long at most; `problem`: why that is no good state of affairs. */
  | { readonly kind: 'wait'; readonly ms: number; readonly problem?: string };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** However quiet everything is, all is looked at again: a laptop sleeps, a clock jumps (P6). */
export const checkEveryMs = minuteMs;
const maxKept = 8;
const maxClockSkewMs = 24 * hourMs;

/** So long a CA is published before it signs. */
function overlapMs({ caLifeMs }: CertificateTimes): number {
  return Math.min(10 * minuteMs, caLifeMs / 12);
}

/** So long an old CA stays published after the last leaf under it was made. */
function retireAfterMs({ leafLifeMs }: CertificateTimes): number {
  return leafLifeMs + Math.min(hourMs, leafLifeMs);
}

/**
 * The next step of contract §2.4, P0 to P6: a pure function, the same on every replica, none of which leads.
 *
 * The webhooks must have been read before the Secret. Then no replica, however long it sleeps between its requests, takes
 * back what another one has published: a webhook that was read with a newer bundle comes with a Secret that is as new,
 * and one that has been patched since it was read refuses our patch by its resource version.
 */
export function decide(situation: Situation): CertificateAction {
  const { secret, remembered, bundles, nowMs } = situation;
  switch (secret.kind) {
    case 'absent':
      return stuck('it is not there; the chart makes it: install or upgrade the release');
    case 'foreign':
      return stuck(
        `${secret.why}: podgraft did not write it and leaves it alone; name another with --certificate-secret`,
      );
    case 'empty':
      if (remembered !== undefined && isStillLive(remembered, situation)) {
        return { kind: 'write', step: 'restored', state: remembered };
      }
      return { kind: 'bootstrap', keep: keepOf(situation, remembered?.bundle ?? []) };
    case 'broken':
      return isServing(situation)
        ? stuck(
            `${secret.why}; while certificates from before it are in use it is left as it is: restore it, or empty it (data: null)`,
          )
        : { kind: 'bootstrap', keep: keepOf(situation, remembered?.bundle ?? []) };
    case 'state': {
      const { state } = secret;
      const { signer, bundle } = state;
      // By a clock that is wrong it looks so too: what others may still use stays published.
      if (!isInTime(signer.ca, nowMs)) return { kind: 'bootstrap', keep: keepOf(situation, bundle) };
      const text = toBundle(bundle);
      if (needsLeaf(situation, state) && isTrusted(signer.ca.id, bundles)) return { kind: 'issue', signer };
      if (bundles.some((live) => live.text !== text)) return { kind: 'publish', bundle: text };
      return nextStep(situation, state);
    }
  }
}

/** The step of a rotation that is due, every webhook trusting the whole bundle. */
function nextStep(situation: Situation, state: CertificateState): CertificateAction {
  const { nowMs, times, jitter, leaf } = situation;
  const { bundle, signer, next, phase } = state;
  const overlap = overlapMs(times);
  const waitUntil = (deadlineMs: number): CertificateAction => {
    const leafMs = leaf === undefined ? deadlineMs : leaf.notAfterMs - times.leafLifeMs / 3;
    const soonest = Math.min(deadlineMs, leafMs > nowMs ? leafMs : deadlineMs);
    return { kind: 'wait', ms: Math.max(100, Math.min(checkEveryMs, soonest - nowMs + 1)) };
  };
  switch (phase) {
    case 'steady': {
      const dueMs = signer.ca.notAfterMs - times.caLifeMs / 3 + (jitter * times.caLifeMs) / 24;
      return nowMs >= dueMs ? { kind: 'prepare', state } : waitUntil(dueMs);
    }
    case 'prepared':
      return { kind: 'write', step: 'published', state: { ...state, phase: 'published', publishedAtMs: nowMs } };
    case 'published': {
      const { publishedAtMs = nowMs } = state;
      // Written by a clock that was ahead: counted anew by ours.
      if (publishedAtMs > nowMs + minuteMs) {
        return { kind: 'write', step: 'published', state: { ...state, publishedAtMs: nowMs } };
      }
      if (next === undefined || nowMs < publishedAtMs + overlap) return waitUntil(publishedAtMs + overlap);
      const promoted = { phase: 'promoted', bundle, signer: next, promotedAtMs: nowMs } as const;
      return { kind: 'write', step: 'promoted', state: promoted };
    }
    case 'promoted': {
      const { promotedAtMs = nowMs } = state;
      if (promotedAtMs > nowMs + overlap + minuteMs) {
        return { kind: 'write', step: 'promoted', state: { ...state, promotedAtMs: nowMs } };
      }
      const retireMs = promotedAtMs + retireAfterMs(times);
      if (nowMs >= retireMs) {
        return { kind: 'write', step: 'retired', state: { phase: 'steady', bundle: [signer.ca], signer } };
      }
      return waitUntil(nowMs < promotedAtMs ? promotedAtMs : retireMs);
    }
  }
}

/** The state that a new CA makes of none. Leaves that others may have under `keep` go on for the overlap. */
export function bootstrapped(
  authority: Authority,
  keep: readonly CertificateFact[],
  nowMs: number,
  times: CertificateTimes,
): CertificateState {
  const bundle = [authority.ca, ...keep.filter(({ id }) => id !== authority.ca.id)];
  if (bundle.length === 1) return { phase: 'steady', bundle, signer: authority };
  return { phase: 'promoted', bundle, signer: authority, promotedAtMs: nowMs + overlapMs(times) };
}

/** The state that the next CA makes of a steady one (P2). */
export function prepared(state: CertificateState, next: Authority): CertificateState {
  return { phase: 'prepared', bundle: [...state.bundle, next.ca], signer: state.signer, next };
}

/** Whether every webhook trusts a CA; where there is no webhook, nobody distrusts it. */
export function isTrusted(caId: string, bundles: readonly LiveBundle[]): boolean {
  return bundles.every(({ cas }) => cas.some(({ id }) => id === caId));
}

/** Whether a leaf under the signer should take the place of what we have (P4, P6). */
function needsLeaf(
  { leaf, bundles, nowMs, times }: Situation,
  { signer, phase, promotedAtMs = 0 }: CertificateState,
): boolean {
  if (leaf === undefined || nowMs < leaf.notBeforeMs) return true;
  if (leaf.issuerId !== signer.ca.id) {
    const isOverlapPast = phase !== 'promoted' || nowMs >= promotedAtMs;
    if (isOverlapPast || !isTrusted(leaf.issuerId, bundles)) return true;
  }
  const isDue = leaf.notAfterMs - nowMs <= times.leafLifeMs / 3;
  // One that ends with its CA, because that ends soon, is not made again and again.
  const newEndMs = Math.min(nowMs + times.leafLifeMs, signer.ca.notAfterMs);
  return isDue && newEndMs - leaf.notAfterMs > times.leafLifeMs / 12;
}

/** Whether a remembered state is the one that webhooks have: another replica may have gone on since (T42). */
function isStillLive({ signer, bundle }: CertificateState, { bundles, nowMs }: Situation): boolean {
  const text = toBundle(bundle);
  return isInTime(signer.ca, nowMs) && bundles.every((live) => live.text === text);
}

/** Whether this replica, or by all signs another one, serves with a certificate that the webhooks trust (P0). */
function isServing({ leaf, bundles, nowMs }: Situation): boolean {
  if (leaf !== undefined) return nowMs < leaf.notAfterMs && isTrusted(leaf.issuerId, bundles);
  return bundles.some(({ cas }) => cas.some((ca) => isInTime(ca, nowMs)));
}

/** One that begins a little later than now was made by a clock that is ahead of ours, or ours is behind (T45). */
function isInTime({ notBeforeMs, notAfterMs }: CertificateFact, nowMs: number): boolean {
  return nowMs >= notBeforeMs - maxClockSkewMs && nowMs < notAfterMs;
}

/** What stays published beside a new CA: what was published before, and what webhooks trust now, as long as it lasts. */
function keepOf({ bundles, nowMs }: Situation, before: readonly CertificateFact[]): readonly CertificateFact[] {
  const live = bundles.flatMap(({ cas }) => cas).filter((ca) => isInTime(ca, nowMs));
  const kept = new Map([...before, ...live].map((ca) => [ca.id, ca]));
  return [...kept.values()].toSorted((a, b) => b.notAfterMs - a.notAfterMs).slice(0, maxKept);
}

function stuck(problem: string): CertificateAction {
  return { kind: 'wait', ms: checkEveryMs, problem };
}
