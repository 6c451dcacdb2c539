import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Body } from './bodies.ts';
import { bodyFile, startPodgraft } from './fleet.ts';
import type { Workspace } from './fleet.ts';
import { driveSlice } from './wrk.ts';

/** A function, or a part of the way, and its share of the CPU that podgraft used while it was busy. */
export interface Cost {
  readonly what: string;
  readonly percent: number;
}

/** Where the CPU of one kind of review goes. */
export interface Profile {
  /** By the part of the way, with all that it calls. */
  readonly parts: readonly Cost[];
  /** By function, without what it calls. */
  readonly functions: readonly Cost[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** A V8 CPU profile, as much of it as is read here. */
interface CpuProfile {
  /** Microseconds, of one clock. */
  readonly startTime: number;
  readonly endTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
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
): Promise<Profile> {
  const folder = path.join(workspace.folder, `profile-${body.name}`);
  mkdirSync(folder);
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250'];
  const server = await startPodgraft('podgraft', workspace, cores.server, flags);
  const file = bodyFile(workspace, body);
  await driveSlice({ port: server.port, bodyFile: file, connections: 16, seconds: 2 * seconds, core: cores.wrk });
  await server.end('SIGTERM');
  const name = readdirSync(folder).find((found) => found.endsWith('.cpuprofile'));
  if (name === undefined) throw new Error('podgraft wrote no CPU profile');
  return costsOf(JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as CpuProfile, seconds);
}

/** The parts of a review's way, by the functions that do them: what they call counts for them. */
const parts: ReadonlyMap<string, string> = new Map(
  Object.entries({
    decodeReview: 'decode: managedFields cut, JSON.parse, depth',
    graftPod: 'graft: select, reduce, judge, mark',
    toJsonPatch: 'patch operations',
    selfCheck: 'self-check: the patch applied and judged',
    encodeReview: 'encode the answer',
    sendReview: 'write the answer: headers, TLS, socket',
    logReview: 'log line',
    countRequest: 'metrics: counter',
    observeDuration: 'metrics: histogram',
    '(garbage collector)': 'garbage collector',
  }),
);

/** Shares of the time in which the process was busy and was driven. */
function costsOf(profile: CpuProfile, seconds: number): Profile {
  const { nodes, samples, timeDeltas, startTime, endTime } = profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const self = new Map<string, number>();
  const inclusive = new Map<string, number>();
  const add = (to: Map<string, number>, name: string, microseconds: number): void =>
    void to.set(name, (to.get(name) ?? 0) + microseconds);
  let busy = 0;
  let now = startTime;
  for (const [index, id] of samples.entries()) {
    now += timeDeltas[index] ?? 0;
    const name = nameOf(byId.get(id)?.callFrame);
    // Starting and warming up count as little as waiting.
    if (name === '(idle)' || now < endTime - seconds * 1e6) continue;
    // The time up to a sample belongs to the one before it.
    const microseconds = timeDeltas[index + 1] ?? 0;
    busy += microseconds;
    add(self, name, microseconds);
    const seen = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const part = parts.get(plainName(byId.get(at)?.callFrame.functionName ?? ''));
      if (part === undefined || seen.has(part)) continue;
      seen.add(part);
      add(inclusive, part, microseconds);
    }
  }
  const ranked = (times: ReadonlyMap<string, number>): readonly Cost[] =>
    [...times]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, shown)
      .map(([what, microseconds]) => ({ what, percent: (microseconds / busy) * 100 }));
  return { parts: ranked(inclusive), functions: ranked(self) };
}

/** Which of a name's many functions it is, is told by where it comes from: Node itself or the bundle. */
function nameOf(frame: CallFrame | undefined): string {
  if (frame === undefined) return '';
  const { functionName, url } = frame;
  const name = functionName === '' ? '(anonymous)' : plainName(functionName);
  if (name === '(program)') return 'native code outside of functions';
  return url.startsWith('node:') ? `${name} (${url})` : name;
}

/** Without the number by which the bundler tells two functions of one name apart. */
function plainName(name: string): string {
  return name.replace(/\d+$/u, '');
}
