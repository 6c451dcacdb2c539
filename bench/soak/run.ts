/**
 * `npm run soak [-- --minutes N | --seconds N]`: the built server under mixed traffic with faults, while its templates and
 * certificates change. Fails on an answer that is not as it shall be, a reset, an error that nobody caught, or memory that climbs.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { issueCa, issueLeaf, localNames } from '../../src/certs/issue.ts';
import { commandLine } from '../../tools/command-line.ts';
import { bundle, imageFlags } from '../fleet.ts';
import { freePorts, startServer } from '../server-process.ts';
import { changeTemplates, replace, swapCertificates, writeSystems } from './changes.ts';
import type { Files } from './changes.ts';
import { abortMany, sendMany, sendSlowly } from './clients.ts';
import type { Tally } from './clients.ts';
import { leakIn, slopePerMinute } from './series.ts';
import type { Sample } from './series.ts';
import { exchanges } from './traffic.ts';

const options = commandLine(
  'soak',
  'Drives the built server with mixed traffic and faults, while its templates and certificates change. Fails on an answer that is not as it shall be, a reset, an error that nobody caught, or memory that climbs.',
  ['npm run soak', 'npm run soak -- --minutes 30'],
)
  .option('--minutes <number>', 'how long', '5')
  .option('--seconds <number>', 'the same in seconds')
  .parse()
  .opts<{ minutes: string; seconds?: string }>();
const totalSeconds = Number(options.seconds ?? Number(options.minutes) * 60);

process.exitCode = await main();

async function main(): Promise<number> {
  if (!(totalSeconds > 0)) return complain('--minutes and --seconds take a number above 0');
  if (!existsSync(bundle)) return complain('dist/podgraft.mjs is missing: run npm run build first');
  const folder = mkdtempSync(path.join(tmpdir(), 'podgraft-soak-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const files: Files = {
    templates: path.join(folder, 'templates'),
    certificate: path.join(folder, 'tls.crt'),
    key: path.join(folder, 'tls.key'),
  };
  mkdirSync(files.templates);
  writeSystems(files);
  const ca = { ...(await issueCa(Date.now())), notAfterMs: Date.now() + 24 * 60 * 60_000 };
  const leaf = await issueLeaf(ca, localNames, Date.now());
  replace(files.certificate, leaf.cert);
  replace(files.key, leaf.key);

  const [port = 0, probePort = 0] = await freePorts(2);
  const ask = async (name: string): Promise<string> => get(`http://127.0.0.1:${probePort}/${name}`);
  const flags = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--probe-port',
    String(probePort),
    '--injection',
    'all',
  ];
  const certificate = ['--tls-cert', files.certificate, '--tls-key', files.key];
  const allow = ['--allow', 'privileged,capabilities,hostPath,serviceAccountName,shareProcessNamespace'];
  const stop = ['--drain-seconds', '0', '--quiet-seconds', '0'];
  const server = await startServer({
    name: 'podgraft',
    command: [
      process.execPath,
      ...imageFlags(),
      bundle,
      'serve',
      '--templates',
      files.templates,
      ...flags,
      ...certificate,
      ...allow,
      ...stop,
    ],
    port,
    isReady: async () => (await ask('readyz')) === 'ok\n',
  });

  const over = new AbortController();
  const tally: Tally = { counts: new Map(), faults: [] };
  const endpoint = { port, ca: ca.cert };
  const list = exchanges();
  const [good] = list;
  if (good === undefined) throw new Error('there is nothing to send');
  const clients = [
    ...Array.from({ length: 8 }, async (_, index) => sendMany(endpoint, list, index, tally, over.signal)),
    abortMany(endpoint, good, tally, over.signal),
    sendSlowly(endpoint, good, tally, over.signal),
    changeTemplates(files, tally, over.signal),
    swapCertificates(files, ca, tally, over.signal),
  ];
  const samples: Sample[] = [];
  const startMs = performance.now();
  const everySeconds = Math.max(1, totalSeconds / 60);
  for (let seconds = 0; seconds < totalSeconds;) {
    await wait(Math.min(everySeconds, totalSeconds - seconds) * 1000);
    seconds = (performance.now() - startMs) / 1000;
    const sample = { seconds, mebibytes: server.residentBytes() / 2 ** 20 };
    samples.push(sample);
    const requests = [...tally.counts.values()].reduce((sum, count) => sum + count, 0);
    print(
      `${seconds.toFixed(0).padStart(5)} s  ${sample.mebibytes.toFixed(1)} MiB  ${requests} exchanges  ${tally.faults.length} faults`,
    );
    if (tally.faults.length > 100) break;
  }
  over.abort();
  await Promise.all(clients);
  const metrics = await ask('metrics');
  const exitCode = await server.end('SIGTERM');

  print('');
  for (const [name, count] of tally.counts) print(`${String(count).padStart(8)}  ${name}`);
  print(
    `memory: ${slopePerMinute(samples.slice(Math.ceil(samples.length / 3))).toFixed(2)} MiB a minute after warm-up`,
  );
  const leak = leakIn(samples);
  const findings = [
    ...tally.faults.slice(0, 20),
    ...(leak === undefined ? [] : [leak]),
    ...(exitCode === 0 ? [] : [`the server ended with ${exitCode ?? 'a signal'}`]),
    ...nonZero(metrics, ['podgraft_unhandled_errors_total', 'podgraft_self_check_failures_total']),
    ...bugsIn(server.complaints()),
  ];
  for (const finding of findings) print(`FAILED: ${finding}`);
  if (findings.length === 0) print('passed: every answer as it shall be, no reset, no error, no leak');
  return findings.length === 0 ? 0 : 1;
}

function nonZero(metrics: string, names: readonly string[]): readonly string[] {
  return metrics
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(name)) && !line.endsWith(' 0'))
    .map((line) => `metric ${line}`);
}

/** Lines of stderr that only a bug writes. */
function bugsIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => /podgraft has a bug|^\(node:\d+\)|^\s+at /u.test(line));
}

async function get(url: string): Promise<string> {
  return new Promise((resolve) => {
    http
      .get(url, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text));
      })
      .on('error', () => resolve(''));
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): number {
  process.stderr.write(`${line}\n`);
  return 2;
}
