import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { throughServer } from '../support/api-server.ts';
import { pod, runs, templates } from '../support/arbitrary.ts';
import { covered } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';

const around = { namespace: covered };
const limitRange = { requests: { cpu: '50m' }, limits: { memory: '4Gi' } };

describe('graft twice = once', () => {
  test('at once, after the API server has been at the pod, and after a LimitRange', () => {
    const outcomes = { graft: 0, skip: 0, refuse: 0 };
    fc.assert(
      fc.property(pod, templates, fc.boolean(), (given, registered, isDefaulted) => {
        const first = decide(isDefaulted ? throughServer(given) : given, registered, around);
        outcomes[first.kind] += 1;
        if (first.kind === 'refuse') return;
        for (const later of [first.pod, throughServer(first.pod), throughServer(first.pod, limitRange)]) {
          const second = decide(later, registered, around);
          expect({ kind: second.kind, patch: second.patch, problems: second.problems }).toEqual({
            kind: first.kind,
            patch: [],
            problems: [],
          });
        }
      }),
      { numRuns: runs },
    );
    // The generators are worth something only where each outcome comes up often enough.
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(runs / 50);
  });

  test('a pod by hand, sent through the API server after the graft, needs nothing that the same pod arriving defaulted needs', () => {
    fc.assert(
      fc.property(pod, templates, (given, registered) => {
        const byHand = decide(given, registered, around);
        const arrived = decide(throughServer(given), registered, around);
        expect(arrived.kind).toBe(byHand.kind);
        expect(arrived.codes.toSorted()).toEqual(byHand.codes.toSorted());
        expect(arrived.templates).toEqual(byHand.templates);
        expect(arrived.leftOut).toEqual(byHand.leftOut);
      }),
      { numRuns: runs },
    );
  });
});
