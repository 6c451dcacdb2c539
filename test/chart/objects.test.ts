import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { arrayField, field, isArray, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { webhookConfiguration } from '../../tools/cluster/webhook-configuration.ts';
import { settings } from '../support/fixtures.ts';
import { describeHelm, find, releases, render } from './support/helm.ts';

const [podgraft, prod] = releases as [(typeof releases)[0], (typeof releases)[0]];

/** All values below a node, with their paths. */
function* leaves(node: Json, path = ''): Generator<readonly [path: string, value: Json]> {
  yield [path, node];
  if (isArray(node)) for (const [index, value] of node.entries()) yield* leaves(value, `${path}[${index}]`);
  else if (isObject(node)) for (const [key, value] of Object.entries(node)) yield* leaves(value, `${path}.${key}`);
}

const texts = (list: readonly Json[]): readonly string[] => list.map(String);

/** Each rule of a (Cluster)Role as `verbs resources/names`. */
function toRules(role: JsonObject): readonly string[] {
  return arrayField(role, 'rules').map((rule) => {
    const names = isObject(rule) ? arrayField(rule, 'resourceNames') : [];
    const list = (key: string): string => texts(isObject(rule) ? arrayField(rule, key) : []).join(',');
    return `${list('verbs')} ${list('apiGroups')}:${list('resources')}${names.length === 0 ? '' : ` ${texts(names).join(',')}`}`;
  });
}

function webhooksOf(objects: readonly JsonObject[]): readonly JsonObject[] {
  return arrayField(find(objects, 'MutatingWebhookConfiguration'), 'webhooks').filter(isObject);
}

describeHelm('what the chart makes', (version) => {
  test('has the rights of contract S21, none of them a wildcard, and of Secrets and Leases one each', async () => {
    const objects = await render(version, podgraft);
    expect(toRules(find(objects, 'ClusterRole'))).toEqual([
      'list,watch podgraft.dev:injectiontemplates',
      'patch podgraft.dev:injectiontemplates/status',
      'list,watch :namespaces,podtemplates',
      'create events.k8s.io:events',
      'get,list,watch,patch admissionregistration.k8s.io:mutatingwebhookconfigurations 00-podgraft-podgraft',
    ]);
    expect(toRules(find(objects, 'Role'))).toEqual([
      'get,list,watch,update :secrets podgraft-certificates',
      'get,update coordination.k8s.io:leases podgraft-status',
    ]);
  });

  test('has no right on Secrets and webhook configurations where others keep the certificate', async () => {
    const objects = await render(version, prod);
    const rules = [...toRules(find(objects, 'ClusterRole')), ...toRules(find(objects, 'Role'))].join('\n');
    expect(rules).not.toMatch(/secrets|webhookconfigurations/);
  });

  test.each(releases)('grants no wildcard in release $name', async (release) => {
    const roles = (await render(version, release)).filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
    expect(roles.length).toBe(2);
    expect(roles.flatMap(toRules).join('\n')).not.toContain('*');
  });

  test('calls two webhooks that are alike but for policy, time, path and who they are for', async () => {
    const [named, matched] = webhooksOf(await render(version, podgraft));
    expect(named).toMatchObject({ name: 'named.podgraft.dev', failurePolicy: 'Fail', timeoutSeconds: 3 });
    expect(matched).toMatchObject({ name: 'matched.podgraft.dev', failurePolicy: 'Ignore', timeoutSeconds: 2 });
    const common = {
      rules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' },
      ],
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      matchPolicy: 'Equivalent',
      reinvocationPolicy: 'IfNeeded',
    };
    for (const webhook of [named, matched]) expect(webhook).toMatchObject(common);
  });

  test('registers what npm run cluster and the cluster tests register, but for where it is', async () => {
    const withoutPlace = (webhooks: readonly Json[]): readonly Json[] =>
      webhooks.filter(isObject).map(({ clientConfig: _clientConfig, ...webhook }) => webhook);
    const excludedNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'podgraft-system'];
    const tried = webhookConfiguration({ name: 'any', url: 'https://any', ca: 'any', excludedNamespaces });
    expect(withoutPlace(webhooksOf(await render(version, podgraft)))).toEqual(
      withoutPlace(arrayField(tried, 'webhooks')),
    );
  });

  test.each([
    ['labelled', { key: 'podgraft.dev/injection', operator: 'In', values: ['enabled'] }],
    ['all', { key: 'podgraft.dev/injection', operator: 'NotIn', values: ['disabled'] }],
  ])(
    'with injection %s, matched is for covered namespaces and named for all that are not excluded',
    async (injection, covered) => {
      const set = [
        `settings.injection=${injection}`,
        'settings.excludedNamespaces={ci}',
        'settings.rootNamespace=templates',
      ];
      const [named, matched] = webhooksOf(await render(version, { ...podgraft, set }));
      const values = ['kube-system', 'kube-public', 'kube-node-lease', 'podgraft-system', 'templates', 'ci'];
      const excluded = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values };
      expect(objectField(named ?? {}, 'namespaceSelector')).toEqual({ matchExpressions: [excluded] });
      expect(objectField(matched ?? {}, 'namespaceSelector')).toEqual({ matchExpressions: [excluded, covered] });
    },
  );

  test('has no caBundle and no data in the Secret, which an upgrade would put back', async () => {
    const objects = await render(version, podgraft);
    for (const webhook of webhooksOf(objects)) {
      expect(Object.keys(objectField(webhook, 'clientConfig'))).toEqual(['service']);
    }
    expect(Object.keys(find(objects, 'Secret')).toSorted()).toEqual(['apiVersion', 'kind', 'metadata', 'type']);
    expect(Object.keys(find(objects, 'Lease')).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  test('asks for each map by has() before it looks into it, in every CEL expression', async () => {
    const set = ['policies.immutableMark.enabled=true'];
    const expressions = (await render(version, { ...podgraft, set }))
      .filter(({ kind }) => kind !== 'CustomResourceDefinition')
      .flatMap((object) => [...leaves(object)])
      .filter(([path]) => path.endsWith('.expression') || path.endsWith('.messageExpression'))
      .map(([, value]) => (typeof value === 'string' ? value : ''));
    expect(expressions.length).toBe(10);
    for (const expression of expressions) {
      const maps = [...expression.matchAll(/\bin ((?:object|oldObject)\.[a-zA-Z.]+)/g)].map(([, map]) => map);
      const guarded = [...expression.matchAll(/has\(([a-zA-Z.]+)\)/g)].map(([, map]) => map);
      expect(guarded).toEqual(maps);
    }
  });

  test('quotes the names of conditions, as n and y are no text in YAML', async () => {
    const files = fileURLToPath(new URL('../../charts/podgraft/templates/', import.meta.url));
    const lines = (
      await Promise.all(['webhooks.yaml', 'policies.yaml'].map(async (file) => readFile(`${files}${file}`, 'utf8')))
    )
      .flatMap((text) => text.split('\n'))
      .filter((line, index, all) => /^\s+- name:/.test(line) && all[index + 1]?.includes('expression:'));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(line).toMatch(/- name: '[a-z-]+'$/);
  });

  test.each(releases)(
    'stays within Pod Security’s level restricted in release $name, but for a host network that is asked for',
    async (release) => {
      const objects = await render(version, release);
      const pods = [
        objectField(objectField(find(objects, 'Deployment'), 'spec'), 'template'),
        ...objects.filter(({ kind }) => kind === 'Pod'),
      ];
      for (const pod of pods) {
        const spec = objectField(pod, 'spec');
        expect(spec).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              resources: { limits: { memory: expect.any(String) as string } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        });
        expect(JSON.stringify(field(spec, 'containers'))).not.toContain('"limits":{"cpu"');
        const volumes = arrayField(spec, 'volumes').flatMap((volume) => (isObject(volume) ? Object.keys(volume) : []));
        expect(volumes.filter((key) => !['name', 'configMap', 'secret', 'projected'].includes(key))).toEqual([]);
      }
    },
  );

  test('gives the process time: to start, to stop, and for its successor to be ready', async () => {
    const spec = objectField(find(await render(version, podgraft), 'Deployment'), 'spec');
    const pod = objectField(objectField(spec, 'template'), 'spec');
    const container = arrayField(pod, 'containers').find(isObject) ?? {};
    const startup = objectField(container, 'startupProbe');
    expect(Number(startup['periodSeconds']) * Number(startup['failureThreshold'])).toBeGreaterThanOrEqual(120);
    // The cap of a drain, the longest webhook and ten seconds (contract R8).
    expect(pod['terminationGracePeriodSeconds']).toBeGreaterThanOrEqual(45 + 3 + 10);
    expect(objectField(spec, 'strategy')).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
    expect(find(await render(version, podgraft), 'PodDisruptionBudget')['spec']).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
  });

  test.each([
    ['512Mi', 384],
    ['2Gi', 1536],
    ['100Mi', 75],
  ])('of %s V8 gets %i MiB', async (memory, heap) => {
    const objects = await render(version, { ...podgraft, set: [`resources.limits.memory=${memory}`] });
    expect(JSON.stringify(find(objects, 'Deployment'))).toContain(`--max-old-space-size=${heap}"`);
  });

  test('the Service finds the webhook’s pods and not that of helm test', async () => {
    const objects = await render(version, podgraft);
    const selector = Object.entries(objectField(objectField(find(objects, 'Service'), 'spec'), 'selector'));
    const fits = (metadata: JsonObject): boolean =>
      selector.every(([key, value]) => objectField(metadata, 'labels')[key] === value);
    const template = objectField(objectField(find(objects, 'Deployment'), 'spec'), 'template');
    expect(fits(objectField(template, 'metadata'))).toBe(true);
    expect(fits(objectField(find(objects, 'Pod'), 'metadata'))).toBe(false);
  });

  test('a change of the settings, and nothing less, starts new pods', async () => {
    const annotations = async (...set: readonly string[]): Promise<Json> => {
      const template = objectField(
        objectField(find(await render(version, { ...podgraft, set }), 'Deployment'), 'spec'),
        'template',
      );
      return objectField(objectField(template, 'metadata'), 'annotations');
    };
    expect(await annotations('settings.logLevel=debug')).not.toEqual(await annotations());
    expect(await annotations('replicas=5')).toEqual(await annotations());
  });

  test.each(releases)(
    'the objects of release $name are labelled with it, and no hook makes one that stays',
    async (release) => {
      for (const object of await render(version, release)) {
        const metadata = objectField(object, 'metadata');
        expect(objectField(metadata, 'labels')).toMatchObject({
          'app.kubernetes.io/instance': release.name,
          'app.kubernetes.io/managed-by': 'Helm',
        });
        const annotations = objectField(metadata, 'annotations');
        expect(annotations['helm.sh/hook']).toBe(object['kind'] === 'Pod' ? 'test' : undefined);
        const kept = object['kind'] === 'CustomResourceDefinition' ? 'keep' : undefined;
        expect(annotations['helm.sh/resource-policy']).toBe(kept);
        expect(metadata['finalizers']).toBeUndefined();
        expect((stringField(metadata, 'name') ?? '').length).toBeLessThanOrEqual(63);
      }
    },
  );

  test('excludes what podgraft itself excludes', async () => {
    const [named] = webhooksOf(await render(version, podgraft));
    const expression = arrayField(objectField(named ?? {}, 'namespaceSelector'), 'matchExpressions').find(isObject);
    expect(arrayField(expression ?? {}, 'values')).toContain(settings.rootNamespace);
  });

  test('alerts and shows metrics that podgraft has', async () => {
    const src = fileURLToPath(new URL('../../src/', import.meta.url));
    const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'));
    const code = (await Promise.all(files.map(async (file) => readFile(`${src}${file}`, 'utf8')))).join('\n');
    const declared = new Set([...code.matchAll(/'(podgraft_[a-z_]+)'/g)].map(([, name]) => name));
    const objects = await render(version, prod);
    const shown = JSON.stringify([
      find(objects, 'PrometheusRule'),
      find(objects, 'ConfigMap', 'prod-podgraft-dashboard'),
    ]);
    const used = [...shown.matchAll(/\bpodgraft_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''));
    expect(used.length).toBeGreaterThan(15);
    expect([...new Set(used)].filter((name) => !declared.has(name))).toEqual([]);
  });
});
