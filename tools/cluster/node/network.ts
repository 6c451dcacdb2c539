import { mkdir } from 'node:fs/promises';
import { run } from '../child.ts';

/** The node's address, from the range that is kept for documentation: nobody else has it. */
export const nodeAddress = '192.0.2.1';
/** What pods get their addresses from. */
export const podRange = '10.88.0.0/16';
/** What Services get theirs from; the API server's default in a control plane of ours. */
const serviceRange = '10.96.0.0/16';

/**
 * Makes the network of a new network namespace: the node's address on its loopback, and an interface that leads to the
 * Services' range. iptables does the rest, for each Service that kube-proxy sees. Were that interface the loopback, nobody would
 * hear that a Service without endpoints refuses the connection.
 */
export async function openNetwork(): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  await run('ip', ['address', 'add', `${nodeAddress}/32`, 'dev', 'lo']);
  await run('ip', ['link', 'add', 'services', 'up', 'type', 'bridge']);
  await run('ip', ['route', 'add', serviceRange, 'dev', 'services', 'src', nodeAddress]);
}

/** The folders in which a node's parts keep their state at fixed places: in this mount namespace they are empty, and in memory. */
export async function hideState(): Promise<void> {
  for (const folder of ['/run', '/var/lib', '/var/log']) await run('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  await mkdir('/run/lock', { recursive: true });
}
