import { afterAll, beforeAll, expect, test } from 'vitest';
import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Template } from '../../src/core/template.ts';
import { asking, pod, template, yamlObject } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import { isTokenMount, withoutTokenMount } from '../support/token-mount.ts';
import { create, dryRun, eventually, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startOtherWebhook } from './support/other-webhook.ts';
import type { OtherWebhook } from './support/other-webhook.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

// Specification §10: the ServiceAccount plugin looks at the pod again after its webhooks, and mounts the token into what
// they have added; then the API server asks them once more. With the mount there already it has no reason to.

const path = '/var/run/secrets/kubernetes.io/serviceaccount';
const brought =
  'containers: [{name: s, image: "s:1", volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, emptyDir: {}}]';

interface Row {
  readonly what: string;
  readonly spec?: JsonObject;
  /** A template's spec, as YAML. */
  readonly template?: string;
  readonly settings?: JsonObject;
  /** How often podgraft is asked. */
  readonly reviews: number;
  /** The containers that have the token in the end. */
  readonly holders: readonly string[];
}

const rows: readonly Row[] = [
  { what: 'a sidecar', reviews: 1, holders: ['main', 's'] },
  {
    what: 'a native sidecar and an init container, in front of those of the pod',
    spec: { restartPolicy: 'Never', initContainers: [{ name: 'setup', image: 'app:1' }] },
    template: `${brought}, initContainers: [{name: i, image: "i:1"}]`,
    settings: { sidecars: { initOrder: 'First' } },
    reviews: 1,
    holders: ['i', 's', 'setup', 'main'],
  },
  {
    what: 'a container that has something else at the path of the token',
    template: `containers: [{name: s, image: "s:1", volumeMounts: [{name: v, mountPath: ${path}}]}], volumes: [{name: v, emptyDir: {}}]`,
    reviews: 1,
    holders: ['main'],
  },
  {
    what: 'a sidecar beside a container of the pod that has something else at that path',
    spec: {
      containers: [
        { name: 'main', image: 'app:1' },
        { name: 'own', image: 'app:1', volumeMounts: [{ name: 'mine', mountPath: path }] },
      ],
      volumes: [{ name: 'mine', emptyDir: {} }],
    },
    reviews: 1,
    holders: ['main', 's'],
  },
  {
    what: 'a pod that asks for the token itself',
    spec: { automountServiceAccountToken: true },
    reviews: 1,
    holders: ['main', 's'],
  },
  { what: 'a pod that wants no token', spec: { automountServiceAccountToken: false }, reviews: 1, holders: [] },
  { what: 'an account that wants no token', spec: { serviceAccountName: 'silent' }, reviews: 1, holders: [] },
  {
    what: 'a template that wants no token',
    template: `${brought}, automountServiceAccountToken: false`,
    reviews: 1,
    holders: [],
  },
  {
    what: 'a template that sets the account: what the plugin does then is left to it',
    template: `${brought}, serviceAccountName: robot`,
    reviews: 2,
    holders: ['main', 's'],
  },
  {
    what: 'a template that sets an account that wants no token, though the pod has one already',
    template: `${brought}, serviceAccountName: silent`,
    reviews: 1,
    holders: ['main'],
  },
];

let namespace = '';
let plain = '';
let podgraft: Podgraft;
let withoutMounts: OtherWebhook;
let registered: readonly Template[] = [];

describeCluster('the token in what templates bring', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    plain = await newNamespace();
    for (const at of [namespace, plain]) {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount' };
      await create({ ...account, metadata: { name: 'robot', namespace: at } });
      await create({ ...account, metadata: { name: 'silent', namespace: at }, automountServiceAccountToken: false });
    }
    podgraft = await startPodgraft('token', [namespace]);
    // The same graft, but for the mounts: what the API server makes of that is what must come out.
    withoutMounts = await startOtherWebhook({
      name: 'podgraft-test-token-plain',
      namespaces: [plain],
      mutate: (given) =>
        decide(given, registered).patch.map((operation) =>
          operation.op === 'add'
            ? { ...operation, value: withoutTokenMount(operation.value as Json) }
            : (operation as unknown as Json),
        ),
    });
    for (const at of [namespace, plain]) {
      await eventually('the server knows the accounts', async () => {
        const answers = await Promise.all(
          ['default', 'robot', 'silent'].map(async (serviceAccountName) =>
            dryRun(pod({ serviceAccountName }, { namespace: at, name: serviceAccountName })),
          ),
        );
        return answers.every(({ status }) => status === 201) ? true : undefined;
      });
    }
  });
  afterAll(async () => {
    await withoutMounts.close();
    await podgraft.close();
  });

  test.each(rows)('$what: asked $reviews times, and the pod is as if the plugin alone had mounted', async (row) => {
    const { spec = {}, template: text = brought, settings = {}, reviews, holders } = row;
    registered = [template('t', yamlObject(`spec: {${text}}`), settings)];
    podgraft.use(...registered);
    const before = await podgraft.reviews();
    const answer = await dryRun(asking(pod(spec, { namespace }), 't'));
    expect(messageOf(answer)).toBe('');
    const after = await podgraft.reviews();
    expect(after.named - before.named).toBe(reviews);
    expect(holdersOf(answer.body)).toEqual(holders);
    const reference = await dryRun(asking(pod(spec, { namespace: plain }), 't'));
    expect(messageOf(reference)).toBe('');
    expect(comparable(answer.body)).toEqual(comparable(reference.body));
  });
});

function holdersOf({ spec }: JsonObject): readonly string[] {
  return [...arrayField(spec, 'initContainers'), ...arrayField(spec, 'containers')]
    .filter((container) => arrayField(container, 'volumeMounts').some(isTokenMount))
    .map((container) => stringField(container, 'name') ?? '');
}

/** All that a graft decides; the name of the token's volume is the server's, another for each pod. */
function comparable(given: JsonObject): unknown {
  const { labels, annotations } = objectField(given, 'metadata');
  const text = JSON.stringify({ labels, annotations, spec: given['spec'] });
  return JSON.parse(text.replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-xxxxx')) as unknown;
}
