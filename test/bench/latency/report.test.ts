import { describe, expect, test } from 'vitest';
import { formatLatencyMarkdown, formatLatencyText } from '../../../bench/latency/report.ts';
import type { LatencyResults } from '../../../bench/latency/report.ts';

const spread = (median: number): { median: number; p10: number; p90: number } => ({
  median,
  p10: median - 0.25,
  p90: median + 0.25,
});

const results: LatencyResults = {
  date: '2026-11-21',
  machine: { cpu: 'A CPU', cores: 2, memoryGiB: 24, kernel: 'Linux 6', node: '24.1.0', go: 'go1.26', wrk: '4.1.0' },
  kubernetes: 'v1.36.3',
  rounds: 3,
  pods: [{ name: 'small', title: 'a pod of 6.5 KB' }],
  figures: [
    { title: 'podgraft ÷ the policy', spread: spread(1.5), bound: 'at most', target: 2 },
    { title: 'podgraft ÷ Go', spread: spread(1), bound: 'below', target: 1 },
    { title: 'podgraft ÷ another', spread: undefined, bound: 'below', target: 1 },
  ],
  rows: [
    { pod: 'small', way: 'none', p50Ms: spread(2) },
    { pod: 'small', way: 'podgraft', p50Ms: spread(3.5), addedMs: spread(1.5) },
  ],
  calls: { podgraft: 1 },
  skipped: ['the Go server was skipped: there is no Go'],
};

describe('the report of the latency', () => {
  test('is tables in Markdown, with the machine and what is met', () => {
    expect(formatLatencyMarkdown(results).split('\n')).toEqual([
      'Measured on 2026-11-21: 3 rounds; A CPU, 2 cores, 24 GiB, Linux 6, Kubernetes v1.36.3, Node 24.1.0, Go go1.26.',
      '',
      '| Figure | Median | p10–p90 | Target | Met |',
      '| --- | --- | --- | --- | --- |',
      '| podgraft ÷ the policy | 1.50 | 1.25–1.75 | ≤ 2 | yes |',
      '| podgraft ÷ Go | 1.00 | 0.75–1.25 | < 1 | no |',
      '| podgraft ÷ another | – | – | < 1 | skipped |',
      '',
      'the Go server was skipped: there is no Go.',
      '',
      '- `small`: a pod of 6.5 KB',
      '',
      '| Pod | Way | Reviews per create | p50 ms | Added ms | p10–p90 |',
      '| --- | --- | --- | --- | --- | --- |',
      '| small | none | – | 2.00 | – | – |',
      '| small | podgraft | 1.0 | 3.50 | 1.50 | 1.25–1.75 |',
    ]);
  });

  test('is the same in columns for a terminal, in colours only where it has them', () => {
    const plain = formatLatencyText(results, false);
    const escape = '\u001B';
    expect(plain).toContain('podgraft ÷ the policy  1.50    1.25–1.75  ≤ 2     yes\n');
    expect(plain).not.toContain(escape);
    expect(formatLatencyText(results, true)).toContain(escape);
  });
});
