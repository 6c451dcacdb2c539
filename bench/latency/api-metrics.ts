import type { ApiClient } from './api-client.ts';

/** How often the API server has asked each webhook so far, by its own metrics. */
export type CallCounts = Readonly<Record<'go' | 'podgraft', number>>;

export async function readCallCounts(api: ApiClient): Promise<CallCounts> {
  return countCalls((await api.send('GET', '/metrics')).text);
}

/** @param metrics what the API server says at /metrics, in the Prometheus text format */
export function countCalls(metrics: string): CallCounts {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith('apiserver_admission_webhook_admission_duration_seconds_count{'));
  const callsOf = (webhook: string): number =>
    lines
      .filter((line) => line.includes(`name="${webhook}"`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  return { go: callsOf('go.podgraft-bench.dev'), podgraft: callsOf('named.podgraft.dev') };
}
