import { waitFor } from '../../src/cluster/wait.ts';
import { runToEnd } from '../../tools/cluster/child.ts';
import type { Course, Drill } from './course.ts';
import { disturbRelease } from './on-node.ts';
import { replicaCount } from './release.ts';
import type { Release, Replica } from './release.ts';

const everyMs = 20_000;
const firstAfterMs = 2000;

/** Replicas are told to go, one after the other (contract R7, T49). */
export const replicas: Drill = {
  name: 'replicas',
  letter: 'b',
  title: `one of ${replicaCount} replicas on a whole node gets SIGTERM every ${everyMs / 1000} s, from the kubelet or by itself`,
  run: async (course, seconds, signal) =>
    disturbRelease(course, signal, async (release, { pid }) => {
      const told = new Set<string>();
      const ends = new Set<string>();
      let dueMs = firstAfterMs;
      for (let count = 0; dueMs < seconds * 1000; count += 1) {
        await waitFor(dueMs - course.seconds() * 1000, signal);
        const victim = await findVictim(release, told, signal);
        if (victim === undefined) return;
        told.add(victim.containerId);
        dueMs = course.seconds() * 1000 + everyMs;
        // Its pod goes, and the Service knows it; or its process alone, and the Service learns it from the probe.
        if (count % 2 === 0) await release.kubectl('delete', 'pod', victim.name, '--wait=false');
        else await signalContainer(pid, victim);
        course.add('SIGTERMs');
        noteEnds(await release.replicas(), ends, course);
      }
      await waitFor((seconds - course.seconds()) * 1000, signal);
      noteEnds(await release.replicas(), ends, course);
    }),
};

/** The replica that runs the longest, as soon as all are ready and those told before have gone: twice told, they go at once. */
async function findVictim(
  release: Release,
  told: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Replica | undefined> {
  while (!signal.aborted) {
    const all = (await release.replicas()).filter(({ isTerminating }) => !isTerminating);
    if (all.length === replicaCount && all.every(({ isReady, containerId }) => isReady && !told.has(containerId))) {
      return all.toSorted((a, b) => a.startedAtMs - b.startedAtMs)[0];
    }
    await waitFor(500, signal);
  }
  return undefined;
}

async function signalContainer(pid: number, { containerId }: Replica): Promise<void> {
  const ctr = ['--target', String(pid), '--mount', '--net', 'ctr', '--namespace', 'k8s.io'];
  const { exit, output } = await runToEnd('nsenter', [...ctr, 'tasks', 'kill', '--signal', 'SIGTERM', containerId]);
  if (exit !== 0) throw new Error(`the container can't be sent a signal: ${output.trim()}`);
}

/** A replica that was told to go, and was started again, has gone in good order. */
function noteEnds(all: readonly Replica[], known: Set<string>, course: Course): void {
  for (const { name, startedAtMs, lastExitCode } of all) {
    const end = `${name} ${startedAtMs}`;
    if (lastExitCode === undefined || known.has(end)) continue;
    known.add(end);
    if (lastExitCode !== 0) course.found(`${name} ended with ${lastExitCode}`);
  }
}
