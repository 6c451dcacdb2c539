import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrayField, field } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { throughServer } from '../support/api-server.ts';
import { pod, runs } from '../support/arbitrary.ts';
import { asking, template } from '../support/fixtures.ts';
import { graft } from '../support/graft.ts';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const mounts = fc.subarray([
  { name: 'own', mountPath: '/own' },
  { name: 'own', mountPath: tokenPath },
]);
const brought = (name: string): fc.Arbitrary<JsonObject> =>
  mounts.map((volumeMounts) => ({ name, image: 'b:1', volumeMounts }));

/** A template that brings containers, and perhaps has something to say about the account or its token. */
const bringing = fc
  .record({
    containers: fc.tuple(brought('b0'), brought('b1')),
    initContainers: fc.option(fc.tuple(brought('b2')), { nil: [] }),
    about: fc.constantFrom<JsonObject[]>(
      {},
      {},
      {},
      { serviceAccountName: 'robot' },
      { automountServiceAccountToken: false },
      { automountServiceAccountToken: true },
    ),
    lifecycle: fc.constantFrom('Auto', 'Native', 'Container'),
    initOrder: fc.constantFrom('Last', 'First'),
  })
  .map(({ containers, initContainers, about, ...sidecars }) => ({
    about,
    registered: template(
      't',
      { spec: { containers, initContainers, volumes: [{ name: 'own', emptyDir: {} }], ...about } },
      { sidecars },
    ),
  }));

/** All mounts, container by container. */
function mountsOf({ spec }: JsonObject): readonly Json[] {
  return [...arrayField(spec, 'initContainers'), ...arrayField(spec, 'containers')].map((container) => [
    field(container, 'name') ?? null,
    arrayField(container, 'volumeMounts').map((mount) => [
      field(mount, 'name') ?? null,
      field(mount, 'mountPath') ?? null,
    ]),
  ]);
}

test('for a pod that came with its token the API server has none to mount into what the templates add: it has no reason to ask again', () => {
  const seen = { grafted: 0, settled: 0, decided: 0 };
  fc.assert(
    fc.property(pod, bringing, (given, { registered, about }) => {
      const arrived = throughServer(asking(given, 't'));
      const result = graft(arrived, [registered]);
      if (result.kind !== 'graft') return;
      seen.grafted += 1;
      const after = mountsOf(throughServer(result.pod));
      if (Object.keys(about).length === 0) {
        seen.settled += 1;
        expect(after).toEqual(mountsOf(result.pod));
      } else if (JSON.stringify(after) !== JSON.stringify(mountsOf(result.pod))) {
        // What it will do for the account that the template says is left to it.
        seen.decided += 1;
      }
      // By hand and as it arrives: in the end the same is mounted.
      expect(after).toEqual(mountsOf(throughServer(graft(asking(given, 't'), [registered]).pod)));
    }),
    { numRuns: runs },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs / 50);
});
