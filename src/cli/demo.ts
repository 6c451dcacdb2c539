import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseConfig, toSettings } from '../config/parse-config.ts';
import type { SettingValues } from '../config/settings-table.ts';
import { applyJsonPatch, toJsonPatch } from '../core/graft/patch.ts';
import { canonical, isObject, own } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { explainPod } from '../core/manifest/explain.ts';
import { manifestObjects, podPlace } from '../core/manifest/workload.ts';
import type { PodPlace } from '../core/manifest/workload.ts';
import { parseYaml } from '../core/manifest/yaml.ts';
import { capabilitiesToAllow } from '../core/settings.ts';
import { buildTemplateSet } from '../core/template-set.ts';
import { formatResult, isIntact } from './demo-report.ts';
import type { DemoResult } from './demo-report.ts';
import { toReview } from './demo-review.ts';
import { sendReview } from './demo-send.ts';
import { colorsOf, complain, exitCodes, warn, write } from './output.ts';
import type { ExitCode } from './output.ts';
import { untilStopped } from './serve-until-stopped.ts';
import { openWebhook } from './serve-webhook.ts';
import type { Webhook } from './serve-webhook.ts';
import { formatLocated } from './template-files.ts';

/** Settings, as commander hands them over. */
export type DemoOptions = Readonly<Record<string, unknown>>;

const systems = [
  { title: 'Flyte sidecar_task', folder: 'flyte-sidecar-task' },
  { title: 'Flyte Pod task', folder: 'flyte-pod-task' },
  { title: 'Prefect KubernetesRun with Docker in Docker', folder: 'prefect-dind' },
  { title: 'HKube sideCars', folder: 'hkube-sidecars' },
  { title: 'Flyte 2 PodTemplate', folder: 'flyte2-pod-template' },
] as const;

/** `npm start`: the real webhook over the examples, a pod of each of the five systems sent to it, and then it keeps serving. */
export async function runDemo(options: DemoOptions): Promise<ExitCode> {
  const examples = findExamples();
  if (examples === undefined) return fail(['the examples are not here: run this in a checkout, or the npm package']);
  const config = parseConfig({
    flags: options,
    env: process.env,
    defaults: {
      templates: systems.map(({ folder }) => `${examples}${folder}/template.yaml`),
      allow: capabilitiesToAllow,
      allowNamespaced: capabilitiesToAllow,
      logLevel: 'warn',
      drainSeconds: 0,
      quietSeconds: 0,
    },
  });
  if (config.kind === 'invalid') return fail(config.problems);
  const values: SettingValues = {
    ...config.values,
    port: await freePort(config.values.port, config.origins.get('port') === 'default'),
    probePort: await freePort(config.values.probePort, config.origins.get('probePort') === 'default'),
  };
  const opened = await openWebhook(values, {
    onTemplates: (loaded, { templates }) => {
      for (const problem of loaded.problems) warn(formatLocated(problem));
      complain(`the templates changed: ${templates.length} are served now`);
    },
    onProblem: warn,
  });
  if (opened.kind === 'failed') return fail([opened.message]);
  const { webhook } = opened;
  for (const problem of webhook.templates.loaded().problems) warn(formatLocated(problem));
  const isDone = await showSystems(webhook, values, examples);
  if (!isDone) {
    await webhook.stop('now');
    return exitCodes.refused;
  }
  const stopped = untilStopped(webhook);
  write(invitation(webhook));
  await stopped;
  return exitCodes.done;
}

function fail(lines: readonly string[]): ExitCode {
  for (const line of lines) complain(line);
  return exitCodes.usage;
}

/** The folder with the examples: beside src in a checkout, beside dist in the package. */
function findExamples(): string | undefined {
  const places = ['../../examples/', '../examples/'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(`${place}prefect-dind/template.yaml`));
}

/** The port, or 0, which takes one that is free, where the default is in use. */
async function freePort(port: number, isDefault: boolean): Promise<number> {
  if (!isDefault) return port;
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port }, () => probe.close(() => resolve(true)));
  });
  if (!isFree) complain(`port ${port} is taken: another one that is free is used`);
  return isFree ? port : 0;
}

async function showSystems(webhook: Webhook, values: SettingValues, examples: string): Promise<boolean> {
  const { server, caPath } = webhook;
  const colors = colorsOf(process.stdout);
  const ca = await readFile(caPath ?? values.tlsCert ?? '', 'utf8');
  write(
    `${colors.bold('podgraft')}: five pods, sent as AdmissionReviews to https://localhost:${server.port}/mutate/pods\n`,
  );
  let isGood = true;
  for (const { title, folder } of systems) {
    const text = await readFile(`${examples}${folder}/workload.yaml`, 'utf8');
    const places = parseYaml(text).documents.flatMap(({ value }) =>
      manifestObjects(value).flatMap((object) => podPlace(object) ?? []),
    );
    for (const place of places) {
      const shown = await show(title, place, webhook, values, ca);
      if (typeof shown === 'string') complain(`${title}: ${shown}`);
      else write(formatResult(shown));
      isGood &&= typeof shown !== 'string' && isIntact(shown);
    }
  }
  return isGood;
}

/** Sends a pod, and says with the core what the answer means. A text where something isn't as it must be. */
async function show(
  title: string,
  place: PodPlace,
  { server, templates }: Webhook,
  values: SettingValues,
  ca: string,
): Promise<DemoResult | string> {
  const namespace = place.namespace ?? 'default';
  const review = toReview(place, namespace);
  const request = own(review, 'request');
  const before = isObject(request) ? own(request, 'object') : undefined;
  if (!isObject(before)) return 'there is no pod in its workload';
  const answer = await sendReview(server.port, ca, review);
  if (!answer.allowed) return `refused: ${answer.message}`;
  const settings = toSettings(values);
  const set = buildTemplateSet(templates.active().templates, settings.rootNamespace);
  const info = { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace }, annotations: {} };
  const explanation = explainPod({ pod: before, namespace: info }, set, settings);
  const operations = toJsonPatch(before, explanation.edits);
  if (canonical(operations) !== canonical(answer.patch)) return 'the answer is not what the core says';
  const after = structuredClone<JsonObject>(before);
  if (!applyJsonPatch(after, operations)) return 'the patch cannot be applied';
  return { title, place, namespace, durationMs: answer.durationMs, explanation, before, after };
}

/** Only in a checkout, and named as seen from there. */
const sampleReview = 'test/fixtures/admission-review-pod.json';

function invitation({ server, caPath }: Webhook): string {
  const colors = colorsOf(process.stdout);
  const ca = caPath === undefined ? '' : ` --cacert ${caPath}`;
  return [
    '',
    colors.bold('Serving on; Ctrl-C stops.'),
    `  webhook  https://localhost:${server.port}/mutate/pods`,
    `  probes   http://localhost:${server.probePort}/livez, /readyz, /metrics`,
    'To try:',
    '  npx podgraft inject --templates examples/prefect-dind -f examples/prefect-dind/workload.yaml -o diff',
    '  npx podgraft explain --templates examples/hkube-sidecars -f examples/hkube-sidecars/workload.yaml',
    `  curl 'http://localhost:${server.probePort}/readyz?verbose'`,
    ...(existsSync(sampleReview)
      ? [`  curl${ca} --json @${sampleReview} https://localhost:${server.port}/mutate/pods`]
      : []),
    '',
  ].join('\n');
}
