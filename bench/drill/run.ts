/**
 * `npm run drill [-- NAME… --seconds N --json FILE]`: podgraft beside or in a real cluster while what goes wrong in one goes
 * wrong: certificates rotate, replicas are stopped, releases are upgraded, replicas race. Fails on a create that isn't
 * answered with the grafted pod.
 */
import { writeFileSync } from 'node:fs';
import picocolors from 'picocolors';
import { readArguments } from './arguments.ts';
import { newCourse } from './course.ts';
import type { Course, Drill, Summary } from './course.ts';
import { race } from './race.ts';
import { replicas } from './replicas.ts';
import { formatProgress, formatTable, tell } from './report.ts';
import { rotation } from './rotation.ts';
import { upgrades } from './upgrades.ts';

const drills: readonly Drill[] = [rotation, replicas, upgrades, race];

process.exitCode = await main();
// Nobody has to wait for connections that are kept.
process.exit();

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2), drills);
  switch (asked.kind) {
    case 'help':
      process.stdout.write(asked.text);
      return 0;
    case 'invalid':
      tell(asked.message);
      return 2;
    case 'run':
      return runAll(asked.chosen, asked.seconds, asked.json);
  }
}

/** Runs one after the other; a Ctrl-C ends the one that runs, in good order, and leaves out the others. */
async function runAll(chosen: readonly Drill[], seconds: number, json: string | undefined): Promise<number> {
  const stop = new AbortController();
  const { signal } = stop;
  const onSignal = (): void => {
    if (!signal.aborted) tell('stopping; what was started is being taken down');
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const summaries: Summary[] = [];
  for (const drill of chosen) {
    if (!signal.aborted) summaries.push(await runDrill(drill, seconds, signal));
  }
  process.stdout.write(formatTable(summaries, isColored(process.stdout)));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(summaries, undefined, 2)}\n`);
  if (summaries.some(({ reasons }) => reasons.length > 0)) return 1;
  return signal.aborted ? 130 : 0;
}

async function runDrill(drill: Drill, seconds: number, signal: AbortSignal): Promise<Summary> {
  const course = newCourse(drill.name);
  tell(`${drill.name}: ${drill.title}`);
  const progress = setInterval(() => showProgress(course), Math.max(5, seconds / 60) * 1000);
  try {
    await drill.run(course, seconds, signal);
  } catch (error) {
    // What a Ctrl-C has ended didn't end by itself.
    if (!signal.aborted) course.found(error instanceof Error ? error.message : 'the drill itself has a bug');
  } finally {
    clearInterval(progress);
  }
  return course.summary();
}

/** A terminal that can gets colour, unless NO_COLOR is set; a pipe doesn't, in a CI neither. */
function isColored({ isTTY }: { readonly isTTY?: boolean }): boolean {
  // Of a pipe it is undefined, whatever its type says.
  return isTTY === true && picocolors.isColorSupported;
}

function showProgress(course: Course): void {
  if (course.isOn()) tell(formatProgress(course.summary(), isColored(process.stderr)));
}
