import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Body } from './bodies.ts';
import { bodyFile, startPodgraft } from './fleet.ts';
import type { Workspace } from './fleet.ts';
import { driveSlice } from './wrk.ts';

/** A function and its share of the CPU that podgraft used while it was busy. */
export interface Cost {
  readonly what: string;
  readonly percent: number;
}

/** A V8 CPU profile, as much of it as is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const shown = 15;

/** Drives a podgraft of its own under V8's profiler, and says in which functions the time went. */
export async function profilePodgraft(
  workspace: Workspace,
  body: Body,
  cores: { readonly server: number; readonly wrk: number },
  seconds: number,
): Promise<readonly Cost[]> {
  const folder = path.join(workspace.folder, `profile-${body.name}`);
  mkdirSync(folder);
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250'];
  const server = await startPodgraft('podgraft', workspace, cores.server, flags);
  await driveSlice({
    port: server.port,
    bodyFile: bodyFile(workspace, body),
    connections: 16,
    seconds,
    core: cores.wrk,
  });
  await server.end('SIGTERM');
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('podgraft wrote no CPU profile');
  return topCosts(JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as CpuProfile);
}

function topCosts({ nodes, samples, timeDeltas }: CpuProfile): readonly Cost[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  // The time up to a sample belongs to the one before it.
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name === '(idle)') continue;
    const microseconds = timeDeltas[index + 1] ?? 0;
    busy += microseconds;
    times.set(name, (times.get(name) ?? 0) + microseconds);
  }
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([what, microseconds]) => ({ what, percent: (microseconds / busy) * 100 }));
}

/** Which of a name's many functions it is, is told by where it comes from: Node itself or the bundle. */
function nameOf({ functionName, url }: { readonly functionName: string; readonly url: string }): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (name === '(program)') return 'native code: TLS, sockets, system calls';
  if (name === '(garbage collector)') return 'garbage collector';
  return url.startsWith('node:') ? `${name} (${url})` : name;
}
