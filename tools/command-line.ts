import { Command } from 'commander';

/**
 * The command line of a tool that is started by `npm run NAME -- …`: `--help` with examples, and exit code 2 for what it
 * doesn't know. Options are the caller's to add, then `parse()`.
 * @param examples whole lines
 */
export function commandLine(name: string, description: string, examples: readonly string[]): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .helpOption('-h, --help', 'says this')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}
