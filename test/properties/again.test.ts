import fc from 'fast-check';
import type { Operation } from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { throughServer } from '../support/api-server.ts';
import { pod, runs, templates } from '../support/arbitrary.ts';
import { covered } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import type { Result } from '../support/graft.ts';

const around = { namespace: covered };
const limitRange = { requests: { cpu: '50m' }, limits: { memory: '4Gi' } };

describe('graft twice = once', () => {
  test('at once, after the API server, and after a LimitRange; and a pod by hand and one that arrives defaulted fare alike', () => {
    const outcomes = { graft: 0, skip: 0, refuse: 0 };
    fc.assert(
      fc.property(pod, templates, fc.boolean(), (given, registered, isDefaulted) => {
        const byHand = decide(given, registered, around);
        const arrived = decide(throughServer(given), registered, around);
        const what = ({ kind, codes, templates: grafted, leftOut }: Result): unknown[] => [
          kind,
          codes.toSorted(),
          grafted,
          leftOut,
        ];
        expect(what(arrived)).toEqual(what(byHand));
        const first = isDefaulted ? arrived : byHand;
        outcomes[first.kind] += 1;
        if (first.kind === 'refuse') return;
        const filled = throughServer(first.pod, limitRange);
        const renewed = decide(filled, registered, around);
        // What a LimitRange fills in, the pod's own requests don't hold: those that the server has derived are out again.
        const isRenewal = ({ op, path }: Operation): boolean =>
          op === 'remove' && path.startsWith('/spec/resources/requests/');
        expect(renewed.patch.filter((operation) => !isRenewal(operation))).toEqual([]);
        for (const later of [first.pod, throughServer(first.pod), throughServer(renewed.pod)]) {
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
});
