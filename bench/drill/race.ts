import { X509Certificate } from 'node:crypto';
import { waitFor } from '../../src/cluster/wait.ts';
import { configurationsPath } from '../../src/cluster/webhook-configurations.ts';
import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Cluster } from '../../tools/cluster/cluster.ts';
import { create, openApi } from './api.ts';
import type { Api } from './api.ts';
import type { Course, Drill } from './course.ts';
import { configurationPath, configurationTypes, idleConfiguration } from './idle-webhooks.ts';
import { startRotator } from './rotator.ts';
import type { Rotator } from './rotator.ts';
import { onControlPlane } from './stage.ts';

const rotatorCount = 50;
/** A race that isn't over by then never will be. */
const patienceMs = 60_000;
/** A rotator that comes late has written by then. */
const settleMs = 500;

/** Fifty replicas find the Secret empty at the same time: one makes the CA, the others take it (contract P0, T44). */
export const race: Drill = {
  name: 'race',
  letter: 'd',
  title: `${rotatorCount} rotators find an empty Secret at once, and make one CA; again and again`,
  run: async (course, seconds, signal) =>
    onControlPlane(course, async (cluster) => {
      course.begin();
      let number = 0;
      let slowestMs = 0;
      do {
        number += 1;
        slowestMs = Math.max(slowestMs, await raceOnce(cluster, `race-${number}`, course, signal));
        course.set('slowest ms', Math.round(slowestMs));
      } while (!signal.aborted && course.seconds() < seconds);
      course.end();
    }),
};

/** One race, and how many milliseconds it took. */
async function raceOnce(
  { kubeconfig, url }: Cluster,
  name: string,
  course: Course,
  signal: AbortSignal,
): Promise<number> {
  const api = openApi(url);
  await create(api, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const clientConfig = { service: { namespace: name, name: 'podgraft' } };
  for (const type of configurationTypes) {
    await create(api, configurationsPath(type), idleConfiguration({ type, name }, clientConfig));
  }
  const rotators: Rotator[] = [];
  let winners = 0;
  const events = {
    onStep: (step: string): void => {
      if (step === 'bootstrapped') winners += 1;
    },
    onConflict: () => course.add('conflicts'),
  };
  try {
    const started = Array.from({ length: rotatorCount }, async (_, index) =>
      startRotator({ kubeconfig, name }, `rotator-${index}`, events),
    );
    rotators.push(...(await Promise.all(started)));
    // All wait for the Secret to be made, and hear of it in the same moment.
    await until(() => rotators.every((rotator) => rotator.detail().includes('it is not there')), signal);
    const secrets = `/api/v1/namespaces/${name}/secrets`;
    const startMs = performance.now();
    await create(api, secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque' });
    const isOver = await until(() => rotators.every((rotator) => rotator.isReady()), signal);
    const raceMs = performance.now() - startMs;
    if (signal.aborted) return 0;
    const fault = isOver ? await faultIn(api, name, rotators, signal) : notReady(rotators);
    course.add('races');
    if (winners !== 1) course.found(`${name}: ${winners} of ${rotatorCount} rotators made a CA`);
    if (fault !== undefined) course.found(`${name}: ${fault}`);
    return raceMs;
  } finally {
    await Promise.all(rotators.map(async (rotator) => rotator.close()));
    for (const type of configurationTypes) await api.call('DELETE', configurationPath({ type, name }));
    await api.call('DELETE', `/api/v1/namespaces/${name}`);
  }
}

async function until(isTrue: () => boolean, signal: AbortSignal): Promise<boolean> {
  const giveUpAtMs = performance.now() + patienceMs;
  while (!isTrue() && !signal.aborted && performance.now() < giveUpAtMs) await waitFor(10, signal);
  return isTrue();
}

function notReady(rotators: readonly Rotator[]): string {
  const waiting = rotators.filter((rotator) => !rotator.isReady());
  return `after ${patienceMs / 1000} s ${waiting.length} rotators are not ready: ${waiting[0]?.detail()}`;
}

/** Why the Secret, the webhooks and the rotators don't have one CA between them; undefined where they do. */
async function faultIn(
  api: Api,
  name: string,
  rotators: readonly Rotator[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const readSecret = async (): Promise<JsonObject> =>
    (await api.call('GET', `/api/v1/namespaces/${name}/secrets/${name}`)).body;
  const before = await readSecret();
  await waitFor(settleMs, signal);
  const secret = await readSecret();
  const versionOf = (object: JsonObject): string | undefined =>
    stringField(objectField(object, 'metadata'), 'resourceVersion');
  if (versionOf(before) !== versionOf(secret)) return 'the Secret is still written when all rotators are ready';

  const bundle = stringField(objectField(secret, 'data'), 'ca.crt') ?? '';
  const text = Buffer.from(bundle, 'base64').toString('utf8');
  const cas = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (cas !== 1) return `the Secret has ${cas} CAs`;
  for (const type of configurationTypes) {
    const { body } = await api.call('GET', configurationPath({ type, name }));
    const bundles = arrayField(body, 'webhooks').map((webhook) =>
      stringField(objectField(objectField({ webhook }, 'webhook'), 'clientConfig'), 'caBundle'),
    );
    if (bundles.length === 0) return `the ${type} configuration has no webhooks`;
    if (bundles.some((other) => other !== bundle)) return `a webhook of the ${type} configuration has another caBundle`;
  }
  const ca = new X509Certificate(text);
  const strangers = rotators.filter((rotator) => {
    const leaf = new X509Certificate(rotator.certificate());
    return !leaf.checkIssued(ca) || !leaf.verify(ca.publicKey);
  });
  return strangers.length === 0 ? undefined : `${strangers.length} rotators have a certificate under another CA`;
}
