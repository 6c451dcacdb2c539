import { beforeAll, expect, test } from 'vitest';
import { objectField } from '../../src/core/json.ts';
import { pod } from '../support/fixtures.ts';
import { dryRun } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startPodgraft } from './support/podgraft.ts';

describeCluster('try', () => {
  test('x', async () => {
    const ns = await newNamespace();
    const p = await startPodgraft('x', [ns]);
    const r = await dryRun(pod({}, { namespace: ns, labels: { 'podgraft.dev/template': 'x' } }));
    console.log(JSON.stringify(r));
    await p.close();
  });
});
