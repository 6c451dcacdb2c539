import manifest from '../../package.json' with { type: 'json' };
import { judgeCluster } from '../cluster/check/judge.ts';
import { readFacts } from '../cluster/check/read-facts.ts';
import { openClient } from '../cluster/client.ts';
import { parseConfig } from '../config/parse-config.ts';
import { formatCheck } from './check-output.ts';
import type { CheckFormat } from './check-output.ts';
import { colorsOf, complain, exitCodes, write } from './output.ts';
import type { ExitCode } from './output.ts';

/** As commander hands them over: settings, and these. */
export interface CheckOptions {
  readonly context?: string;
  /** Of the pods that are tried. */
  readonly namespace?: string;
  /** `HOST:PORT`. */
  readonly address?: string;
  readonly output: CheckFormat;
}

/**
 * `podgraft check`: looks at a cluster, and says of each thing how it stands and what to do about it (specification §14).
 * Exit 1 where something is wrong; what could not be looked at is not wrong. Exit 2 where there is no cluster to look at.
 */
export async function runCheck(options: CheckOptions): Promise<ExitCode> {
  const { context, namespace, address, output, ...flags } = options;
  const config = parseConfig({ flags, env: process.env });
  if (config.kind === 'invalid') return fail(config.problems);
  const { kubeconfig, rootNamespace } = config.values;
  const dialled = address === undefined ? undefined : parseAddress(address);
  if (dialled === 'invalid') return fail([`--address ${address} must be HOST:PORT, such as localhost:8443`]);
  const opened = await openClient({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    env: process.env,
    version: manifest.version,
    isOnce: true,
  });
  if (opened.kind === 'failed') return fail([opened.message]);
  const { client } = opened;
  try {
    const read = await readFacts({
      client,
      namespace: namespace ?? opened.namespace ?? 'default',
      rootNamespace,
      nowMs: Date.now(),
      ...(dialled !== undefined && { address: dialled }),
    });
    if (read.kind === 'failed') return fail([read.message]);
    const findings = judgeCluster(read.facts);
    write(formatCheck({ server: client.server, findings }, output, colorsOf(process.stdout)));
    const isWrong = findings.some(({ state }) => state === 'warn' || state === 'broken');
    return isWrong ? exitCodes.refused : exitCodes.done;
  } finally {
    opened.close();
  }
}

function fail(lines: readonly string[]): ExitCode {
  for (const line of lines) complain(line);
  return exitCodes.usage;
}

function parseAddress(text: string): { readonly host: string; readonly port: number } | 'invalid' {
  const { host = '', port = '' } = /^\[?(?<host>[^\s/\]]+)\]?:(?<port>\d{1,5})$/u.exec(text)?.groups ?? {};
  return host === '' || Number(port) > 65_535 ? 'invalid' : { host, port: Number(port) };
}
