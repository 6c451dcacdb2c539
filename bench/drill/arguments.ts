import { parseArgs } from 'node:util';
import type { Drill } from './course.ts';

export type Asked =
  | {
      readonly kind: 'run';
      readonly chosen: readonly Drill[];
      readonly seconds: number;
      /** Where the figures are to be written. */
      readonly json?: string;
    }
  | { readonly kind: 'help'; readonly text: string }
  /** What is wrong, and what would be right. */
  | { readonly kind: 'invalid'; readonly message: string };

/** Reads what a person asks for; all drills where none is named. */
export function readArguments(args: readonly string[], drills: readonly Drill[]): Asked {
  const text = usage(drills);
  const invalid = (what: string): Asked => ({ kind: 'invalid', message: `${what}\n\n${text}` });
  const options = {
    seconds: { type: 'string', default: '60' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (values.help) return { kind: 'help', text };
    const seconds = Number(values.seconds);
    if (!(seconds > 0)) return invalid('--seconds takes a number above 0');
    const unknown = positionals.find((word) => !drills.some((drill) => isCalled(drill, word)));
    if (unknown !== undefined) return invalid(`there is no drill ${unknown}`);
    const isChosen = (drill: Drill): boolean => positionals.some((word) => isCalled(drill, word));
    const chosen = positionals.length === 0 ? drills : drills.filter(isChosen);
    return { kind: 'run', chosen, seconds, ...(values.json !== undefined && { json: values.json }) };
  } catch (error) {
    return invalid(error instanceof Error ? error.message : 'the arguments cannot be read');
  }
}

function isCalled({ letter, name }: Drill, word: string): boolean {
  return word === letter || word === name;
}

function usage(drills: readonly Drill[]): string {
  return [
    'npm run drill [-- NAME... --seconds N --json FILE]',
    '',
    ...drills.map(({ letter, name, title }) => `  ${letter}  ${name.padEnd(10)}${title}`),
    '',
    '  --seconds N   how long each takes, at least (60)',
    '  --json FILE   writes the figures',
    '',
  ].join('\n');
}
