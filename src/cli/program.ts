import { Command, CommanderError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { settingKeys } from '../config/settings-table.ts';
import type { SettingKey } from '../config/settings-table.ts';
import type { CheckOptions } from './check.ts';
import type { DemoOptions } from './demo.ts';
import { runExplain } from './explain.ts';
import type { ExplainOptions } from './explain.ts';
import { runInject } from './inject.ts';
import type { InjectOptions } from './inject.ts';
import { runLint } from './lint.ts';
import type { LintOptions } from './lint.ts';
import { exitCodes } from './output.ts';
import type { ExitCode } from './output.ts';
import type { ServeOptions } from './serve.ts';
import { addSettings, lintKeys, offlineKeys } from './settings-options.ts';

/** Runs the command line; the result is the exit code. What a command that serves needs is loaded when it is called. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = new Command('podgraft')
    .description('Grafts pod templates onto pods: as a Kubernetes admission webhook, or on files.')
    .version(manifest.version)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('(podgraft --help lists the commands, podgraft COMMAND --help its options)');

  const add = (name: string, description: string, example: string): Command =>
    program.command(name).description(description).addHelpText('after', `\nExamples:\n${example}`);
  // Each start would make some hundred options for nothing: a command that isn't named doesn't show its own either.
  const settingsOf = (command: Command, keys: readonly SettingKey[]): Command =>
    argv.includes(command.name()) ? addSettings(command, keys) : command;
  const filename = new Option('-f, --filename <file>', 'a manifest, or - for stdin; may be given several times')
    .argParser(collect)
    .makeOptionMandatory();

  /** What `inject` and `explain` share. */
  const addManifests = (command: Command): Command =>
    command
      .addOption(filename)
      .option('-n, --namespace <namespace>', 'of objects that name none (default: the context\'s, or "default")')
      .option('--namespace-labels <key=value,...>', 'labels of the namespace in use')
      .option(
        '--context <name>',
        'a context of the kubeconfig, where no --templates are named (default: the current one)',
      );

  const inject = addManifests(
    add(
      'inject',
      "Graft templates onto the pods and workloads of manifests: templates of files, or else of the kubeconfig's cluster.",
      `  podgraft inject --templates ./templates -f app.yaml
  kustomize build . | podgraft inject --templates ./templates -f - | kubectl apply -f -
  podgraft inject --templates ./templates -f app.yaml -o diff
  podgraft inject --context staging -n shop -f app.yaml -o diff`,
    ),
  ).addOption(
    new Option('-o, --output <format>', 'what to print').choices(['yaml', 'json', 'patch', 'diff']).default('yaml'),
  );
  settingsOf(inject, offlineKeys).action(async (options: InjectOptions) => {
    exitCode = await runInject(options);
  });

  const explain = addManifests(
    add(
      'explain',
      'Say for each field of the result where it comes from, and for each template why it was taken or not.',
      `  podgraft explain --templates ./templates -f app.yaml
  podgraft explain --templates ./templates -f app.yaml -o json | jq '.[0].considered'
  kubectl get deployment web -o yaml | podgraft explain -f -`,
    ),
  ).addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'));
  settingsOf(explain, offlineKeys).action(async (options: ExplainOptions) => {
    exitCode = await runExplain(options);
  });

  const lint = add(
    'lint',
    'Check template files as a cluster would when they are registered, and more.',
    `  podgraft lint templates/*.yaml
  podgraft lint templates --allow hostPath --allow-namespaced ''
  podgraft lint templates -o sarif > podgraft.sarif`,
  )
    .argument('<files...>', 'files or directories with templates, or - for stdin')
    .option('--strict', 'warnings are findings too: exit 1 where there is one')
    .addOption(
      new Option('-o, --output <format>', 'what to print').choices(['text', 'json', 'github', 'sarif']).default('text'),
    );
  settingsOf(lint, lintKeys).action(async (files: readonly string[], options: LintOptions) => {
    exitCode = await runLint(files, options);
  });

  const check = add(
    'check',
    'Look at podgraft in a cluster: what is wrong, and what to do about it. Nothing is changed.',
    `  podgraft check
  podgraft check --context staging --namespace shop
  podgraft check -o json | jq '.findings[] | select(.state == "broken")'`,
  )
    .option('--context <name>', 'a context of the kubeconfig (default: the current one)')
    .option('-n, --namespace <namespace>', 'where pods are tried as dry runs (default: the context\'s, or "default")')
    .option('--address <host:port>', 'where the webhook is reached from here, such as by kubectl port-forward')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'));
  settingsOf(check, ['kubeconfig', 'rootNamespace']).action(async (options: CheckOptions) => {
    const { runCheck } = await import('./check.ts');
    exitCode = await runCheck(options);
  });

  const serve = add(
    'serve',
    'Serve the admission webhook over HTTPS.',
    `  podgraft serve --templates ./templates
  podgraft serve --templates ./templates --tls-cert tls.crt --tls-key tls.key --port 9443
  PODGRAFT_TEMPLATES=/etc/podgraft/templates podgraft serve --config podgraft.yaml --print-config`,
  )
    .option('--config <file>', 'settings as YAML; flags and environment go before it [PODGRAFT_CONFIG]')
    .option('--print-config', 'print the settings in effect, and where each comes from');
  settingsOf(serve, settingKeys).action(async (options: ServeOptions) => {
    const { runServe } = await import('./serve.ts');
    exitCode = await runServe(options);
  });

  const demo = add(
    'demo',
    'Start the webhook over the examples, send it the pods of five systems, show what came of them, and keep serving.',
    `  podgraft demo
  podgraft demo --port 9443`,
  );
  settingsOf(demo, ['host', 'port', 'probePort', 'stateDir', 'logLevel']).action(async (options: DemoOptions) => {
    const { runDemo } = await import('./demo.ts');
    exitCode = await runDemo(options);
  });

  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for; anything else is a wrong use, which commander has explained on stderr.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  return exitCode;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
