import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { runToEnd } from '../../../tools/cluster/child.ts';
import type { Ending } from '../../../tools/cluster/child.ts';
import { hasHelm, helmPath, helmVersions } from '../../../tools/helm/binaries.ts';
import type { HelmVersion } from '../../../tools/helm/binaries.ts';

export const chart = fileURLToPath(new URL('../../../charts/podgraft', import.meta.url));
const values = new URL('../values/', import.meta.url);

/** A group of tests that need Helm, once for each version. Without it they are skipped, with CI=true they fail. */
export function describeHelm(
  name: string,
  tests: (version: HelmVersion) => void,
  versions: readonly HelmVersion[] = helmVersions,
): void {
  for (const version of versions) {
    const isThere = hasHelm(version);
    if (!isThere) process.stderr.write(`"${name}" is skipped with Helm ${version}, which npm run helm builds\n`);
    // Where it must be there, its absence is what the tests fail of.
    describe.runIf(isThere || process.env['CI'] === 'true')(`${name} (Helm ${version})`, () => {
      tests(version);
    });
  }
}

/** Runs Helm. */
export async function helm(
  version: HelmVersion,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ending> {
  return runToEnd(helmPath(version), args, { env: { ...process.env, ...env } });
}

/** A release as a test renders it. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** A file of test/chart/values, without its ending. */
  readonly values?: string;
  /** `key=value`, as --set takes it. */
  readonly set?: readonly string[];
}

/** The releases that the tests look at: the default one, and two that between them set every value. */
export const releases: readonly Release[] = [
  { name: 'podgraft', namespace: 'podgraft-system' },
  { name: 'prod', namespace: 'infra', values: 'everything' },
  { name: 'site', namespace: 'podgraft-system', values: 'files' },
];

/** The arguments that say which release it is. */
function releaseArgs({ name, namespace, values: file, set = [] }: Release): readonly string[] {
  const files = file === undefined ? [] : ['--values', fileURLToPath(new URL(`${file}.yaml`, values))];
  return [name, chart, '--namespace', namespace, ...files, ...set.flatMap((each) => ['--set', each])];
}

/** `helm template`; its exit code says whether the values were taken. */
export async function template(version: HelmVersion, release: Release): Promise<Ending> {
  return helm(version, ['template', ...releaseArgs(release), '--kube-version', '1.36.3']);
}

const rendered = new Map<string, Promise<readonly JsonObject[]>>();

/** The objects of a release, as they would be sent. Each release is rendered once. */
export async function render(version: HelmVersion, release: Release): Promise<readonly JsonObject[]> {
  const key = JSON.stringify([version, release]);
  const objects = rendered.get(key) ?? renderNow(version, release);
  rendered.set(key, objects);
  return objects;
}

async function renderNow(version: HelmVersion, release: Release): Promise<readonly JsonObject[]> {
  const { exit, stdout, stderr } = await template(version, release);
  if (exit !== 0) throw new Error(stderr);
  return toObjects(stdout);
}

function toObjects(text: string): readonly JsonObject[] {
  return parseAllDocuments(text, { version: '1.1', schema: 'yaml-1.1', intAsBigInt: false })
    .map((document) => document.toJS() as Json)
    .filter(isObject);
}

/** `Deployment podgraft`. */
export function idOf(object: JsonObject): string {
  return `${stringField(object, 'kind')} ${stringField(objectField(object, 'metadata'), 'name')}`;
}

/** The one object of a kind and, where there are several, of a name. */
export function find(objects: readonly JsonObject[], kind: string, name?: string): JsonObject {
  const found = objects.filter(
    (object) => object['kind'] === kind && (name === undefined || idOf(object) === `${kind} ${name}`),
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`there are ${found.length} objects ${kind} ${name ?? ''}`);
  return first;
}
