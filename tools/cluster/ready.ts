import { readFile } from 'node:fs/promises';
import https from 'node:https';
import type { Child } from './child.ts';

export interface Question {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

const patienceMs = 60_000;

/** Asks until the answer is 200; throws when one of the servers has ended meanwhile, or after a minute. */
export async function getReady(question: Question, servers: readonly Child[]): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    if ((await statusOf(question)) === 200) return;
    const ended = servers.find((server) => !server.isRunning());
    if (ended !== undefined) throw new Error(await describeEnd(ended));
    if (performance.now() > giveUpAtMs) throw new Error(`${question.url} isn't there after ${patienceMs / 1000} s`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

/** 0 where nobody answers. */
async function statusOf({ url, ca, token }: Question): Promise<number> {
  return new Promise((resolve) => {
    const request = https.get(url, { ca, headers: { Authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', () => resolve(0));
  });
}

async function describeEnd({ name, logFile }: Child): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  return `${name} has ended; the end of its log:\n${log.trimEnd().split('\n').slice(-5).join('\n')}`;
}
