import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { balance } from '../../bench/drill/balance.ts';

/** A server that says its name, then what it hears. */
async function echo(name: string): Promise<number> {
  const server = createServer((socket) => {
    socket.write(`${name}:`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function say(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      heard += chunk;
      if (heard.endsWith(text)) socket.end();
    });
    socket.on('error', () => undefined).on('close', () => resolve(heard));
    socket.write(text);
  });
}

test('connections go to each port in turn, both ways', async () => {
  const balancer = await balance([await echo('first'), await echo('second')]);
  onTestFinished(balancer.close);
  const heard = [await say(balancer.port, 'a'), await say(balancer.port, 'b'), await say(balancer.port, 'c')];
  expect(heard).toEqual(['first:a', 'second:b', 'first:c']);
});

test('a port where nobody listens closes the connection', async () => {
  const balancer = await balance([1]);
  onTestFinished(balancer.close);
  expect(await say(balancer.port, 'a')).toBe('');
});
