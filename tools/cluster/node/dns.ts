import { createSocket } from 'node:dgram';
import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE } from 'dns-packet';
import type { Packet } from 'dns-packet';

/** The address of a Service; undefined where there is none. */
export type LookUp = (namespace: string, service: string) => Promise<string | undefined>;

const nameError = 3;

/** Answers over UDP what pods ask a cluster's DNS for: SERVICE.NAMESPACE.svc.cluster.local. No other name exists. */
export async function startDns(address: string, lookUp: LookUp): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (message, { address: client, port }) => {
    void answer(message, lookUp).then((reply) => socket.send(reply, port, client));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(53, address, resolve);
  });
}

async function answer(message: Buffer, lookUp: LookUp): Promise<Buffer> {
  const { id = 0, questions = [] } = decode(message);
  const [question] = questions;
  const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/i.exec(question?.name ?? '') ?? [];
  const found = service === undefined || namespace === undefined ? undefined : await lookUp(namespace, service);
  const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE;
  const reply: Packet = { type: 'response', id, flags: found === undefined ? flags | nameError : flags, questions };
  // Who asks for AAAA hears that the name exists and has none.
  const isAsked = question?.type === 'A' && found !== undefined;
  return encode(isAsked ? { ...reply, answers: [{ type: 'A', name: question.name, ttl: 5, data: found }] } : reply);
}
