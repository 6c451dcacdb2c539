import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openApi } from '../../bench/drill/api.ts';
import { newCourse } from '../../bench/drill/course.ts';
import type { Summary } from '../../bench/drill/course.ts';
import { createPods } from '../../bench/drill/creates.ts';

type Answer = (response: ServerResponse, names: readonly string[]) => void;

const pod = (names: readonly string[]): string =>
  JSON.stringify({ kind: 'Pod', spec: { containers: names.map((name) => ({ name })) } });
const grafted: Answer = (response, names) => response.writeHead(201).end(pod(names));

/** Creates pods until the server has answered six, and says what came of it. */
async function drill(answer: Answer): Promise<Summary> {
  const over = new AbortController();
  let count = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      count += 1;
      if (count === 6) over.abort();
      answer(response, body.includes('podgraft.dev/template') ? ['main', 'named', 'matched'] : ['main', 'matched']);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const course = newCourse('test');
  course.begin();
  const { port } = server.address() as AddressInfo;
  await createPods(openApi(`http://127.0.0.1:${port}`), course, over.signal);
  return course.summary();
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

test('a create that is answered with the grafted pod has not failed', async () => {
  const { creates, failed, reasons } = await drill(grafted);
  expect(creates).toBeGreaterThanOrEqual(6);
  expect({ failed, reasons }).toEqual({ failed: 0, reasons: [] });
});

interface Case {
  readonly what: string;
  readonly answer: Answer;
  readonly reason: string;
}

const refused = 'failed calling webhook "named.podgraft.dev": EOF';
const cases: readonly Case[] = [
  {
    what: 'is refused',
    answer: (response) => response.writeHead(500).end(JSON.stringify({ kind: 'Status', message: refused })),
    reason: `HTTP 500: ${refused}`,
  },
  {
    what: 'comes back without what it asked for, as failurePolicy Ignore lets it',
    answer: (response) => response.writeHead(201).end(pod(['main'])),
    reason: 'the pod came back with the containers main in place of main, ',
  },
  { what: 'is not answered', answer: (response) => response.destroy(), reason: 'no answer: ' },
  {
    what: 'is answered with no JSON',
    answer: (response) => response.writeHead(201).end('<html>'),
    reason: 'no answer: ',
  },
];

test.each(cases)('a create that $what has failed, and the drill with it', async ({ answer, reason }) => {
  let count = 0;
  const summary = await drill((response, names) => {
    count += 1;
    (count === 3 ? answer : grafted)(response, names);
  });
  expect(summary.creates).toBeGreaterThanOrEqual(6);
  expect(summary.failed).toBe(1);
  expect(summary.reasons).toEqual([expect.stringMatching(/^1 create failed, the first after \d+\.\d s: /)]);
  expect(summary.reasons[0]).toContain(reason);
});
