import type { Drill } from './course.ts';
import { disturbRelease } from './on-node.ts';
import { replicaCount } from './release.ts';

/** At least so many, however short the drill. */
const atLeast = 3;

/** The release is rolled out anew, again and again (contract R9). */
export const upgrades: Drill = {
  name: 'upgrades',
  letter: 'c',
  title: `helm upgrade and kubectl rollout restart in turns, of ${replicaCount} replicas on a whole node; ${atLeast} or more`,
  run: async (course, seconds, signal) =>
    disturbRelease(course, signal, async (release) => {
      let before = await names();
      for (let count = 1; !signal.aborted && (count <= atLeast || course.seconds() < seconds); count += 1) {
        if (count % 2 === 1) await release.upgrade(`podAnnotations.drill=upgrade-${count}`);
        else await restart();
        course.add('rollouts');
        const after = await names();
        const stayed = after.filter((name) => before.includes(name));
        if (stayed.length > 0 && !signal.aborted) course.found(`rollout ${count} left ${stayed.join(' and ')}`);
        before = after;
      }

      /** Of those that are there to stay. */
      async function names(): Promise<readonly string[]> {
        const staying = (await release.replicas()).filter(({ isTerminating }) => !isTerminating);
        return staying.map(({ name }) => name);
      }

      async function restart(): Promise<void> {
        const deployment = `deployment/${release.name}`;
        await release.kubectl('rollout', 'restart', deployment);
        await release.kubectl('rollout', 'status', deployment, '--timeout', '3m');
      }
    }),
};
