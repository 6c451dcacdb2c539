import { beforeAll, describe, expect, test } from 'vitest';
import { arrayField, objectField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { lendMissing } from '../../src/core/register/lend.ts';
import { templateEntries } from '../../src/core/register/special-entries.ts';
import { kubernetesCases } from '../core/register/kubernetes-cases.ts';
import { yamlObject } from '../support/fixtures.ts';
import { create, dryRun, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';

/** What a template may not have though this API server would take it in a pod, and why. */
const stricter: ReadonlyMap<string, string> = new Map([
  ['a mount path with a colon', 'the API forbids it in words; container runtimes fail at it'],
  ['a bundle of no signer', 'ClusterTrustBundleProjection is off: the field is dropped unseen'],
  ['a signer’s name', 'ClusterTrustBundleProjection is off: the field is dropped unseen'],
]);

/** The pod that a workload of one container and the template make together, as simply as it can be put. */
function podOf(podTemplate: JsonObject, namespace: string): JsonObject {
  const entries = templateEntries(podTemplate, 'primary').filter(({ role }) => role !== 'ignored');
  const spec = objectField(podTemplate, 'spec');
  const lent = lendMissing(podTemplate, entries);
  const of = (list: string): JsonObject[] =>
    entries
      .filter((entry) => entry.list === list && (list === 'containers' || entry.role === 'added'))
      .map(({ container }) => ({ image: 'app:1', ...container }));
  const containers = of('containers');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    // The API server makes requirements of matchLabelKeys, and of the labels that a pod has.
    metadata: { labels: { a: 'b' }, ...objectField(podTemplate, 'metadata'), name: 'web', namespace },
    spec: {
      ...spec,
      containers: containers.length > 0 ? containers : [{ name: 'primary', image: 'app:1' }],
      initContainers: of('initContainers'),
      volumes: [...arrayField(spec, 'volumes'), ...lent.volumes],
      resourceClaims: [...arrayField(spec, 'resourceClaims'), ...lent.resourceClaims],
    },
  };
}

describeCluster('what is refused in a template, Kubernetes refuses in a pod, and nothing else', () => {
  let namespace = '';
  beforeAll(async () => {
    namespace = await newNamespace();
    await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
  });

  describe.each(Object.entries(kubernetesCases))('%s', (_subject, cases) => {
    test.for(cases.filter(([name]) => !stricter.has(name)))('%s', async ([_name, podTemplate, ...problems]) => {
      const answer = await dryRun(podOf(yamlObject(podTemplate), namespace));
      // Its message is compared too, so that a failure shows it.
      expect(answer.status < 300 ? 'taken' : messageOf(answer)).toEqual(
        problems.length > 0 ? expect.stringMatching(/invalid|forbidden/) : 'taken',
      );
    });
  });
});
