import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'vitest';
import { pod, templateDocuments } from './support/arbitrary.ts';
import { api, create } from './support/api.ts';
import { startOtherWebhook } from './support/other-webhook.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { judge, setup } from './hunt-judge.ts';
const src = readFileSync; void src;
describeCluster('hunt', () => {
  test('x', async () => {
    const namespace = await newNamespace(); setup(namespace, await startOtherWebhook({ name: 'podgraft-test-hunt', namespaces: [namespace] }));
    await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
    for (const [name, value] of Object.entries({ 'podgraft-test-high': 1000, 'podgraft-test-low': -1000 })) {
      await api('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
    }
    const bucketOf = (m: string) => m.replace(/\u001b\[\d+m/g, '').replace(/Pod "[^"]*" is invalid: /, '').replace(/\d+/g, 'N').replace(/podgraft-test-\w+/g,'NS').slice(0, 230);
    const buckets = new Map<string, { n: number; size: number; c: any; m: string }>();
    const counts: Record<string, number> = {};
    const end = performance.now() + Number(process.env['HUNT'] ?? '60') * 1000;
    const seed = Number(process.env['SEED'] ?? Date.now()) | 0; let round = 0;
    while (performance.now() < end) {
      const cases = fc.sample(fc.tuple(pod, templateDocuments), { numRuns: 400, seed: seed + round++ });
      let i = 0;
      await Promise.all(Array.from({ length: 6 }, async () => {
        while (i < cases.length) {
          const c = cases[i++]!;
          try { const k = await judge(...c); counts[k] = (counts[k] ?? 0) + 1; }
          catch (e) {
            counts['BAD'] = (counts['BAD'] ?? 0) + 1;
            const m = String((e as Error).message);
            const b = bucketOf(m); const size = JSON.stringify(c).length; const old = buckets.get(b);
            if (!old) buckets.set(b, { n: 1, size, c, m }); else { old.n++; if (size < old.size) { old.size = size; old.c = c; old.m = m; } }
          }
        }
      }));
    }
    // shrink each bucket
    const out: string[] = [JSON.stringify(counts)];
    for (const [b, { n, c, m }] of [...buckets].toSorted((x, y) => y[1].n - x[1].n).slice(0, 25)) {
      let best = c; let tries = 0; let better = true;
      while (better && tries < 250) {
        better = false;
        for (const cand of smaller(best)) {
          if (tries++ > 250) break;
          let hit = false; try { await judge(cand[0], cand[1]); } catch (e) { hit = bucketOf(String((e as Error).message)) === b; }
          if (hit) { best = cand; better = true; break; }
        }
      }
      out.push(`\n## ${n}x ${b}\n${m}\npod ${JSON.stringify(best[0])}\n${best[1].map((t: any) => `tpl ${JSON.stringify({ n: t.metadata.name, ...t.spec })}`).join('\n')}`);
    }
    writeFileSync(process.env['OUT'] ?? '/tmp/cluster/hunt.txt', out.join('\n'));
    console.log(out[0], buckets.size);
  }, 10_000_000);
});
function* smaller(value: any): Generator<any> {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) { yield value.filter((_, k) => k !== i); }
    for (let i = 0; i < value.length; i++) for (const s of smaller(value[i])) yield value.map((v, k) => (k === i ? s : v));
  } else if (value && typeof value === 'object') {
    for (const k of Object.keys(value)) { const { [k]: _, ...rest } = value; yield rest; }
    for (const k of Object.keys(value)) for (const s of smaller(value[k])) yield { ...value, [k]: s };
  }
}
