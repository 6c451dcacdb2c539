import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';
import { settingKeys } from '../../src/config/settings-table.ts';
import { isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { chart, describeHelm, find, releases, render, template } from './support/helm.ts';

const schema = JSON.parse(await readFile(`${chart}/values.schema.json`, 'utf8')) as JsonObject;
const properties = (of: Json): JsonObject => objectField(of, 'properties');

/** What the chart decides: names, ports and files; and what no cluster needs. */
const decidedByTheChart = [
  'host',
  'port',
  'probePort',
  'templates',
  'tlsCert',
  'tlsKey',
  'tlsNames',
  'clientCaFile',
  'clientSubjects',
  'stateDir',
  'cluster',
  'kubeconfig',
  'namespace',
  'serviceName',
  'certificates',
  'certificateSecret',
  'mutatingWebhookConfigurations',
  'validatingWebhookConfigurations',
  'statusLease',
];

describe('the schema of the values', () => {
  test('knows the settings of the table, and no others', () => {
    const settings = objectField(properties(schema), 'settings');
    const flat = Object.entries(properties(settings)).flatMap(([key, value]) =>
      ['reusable', 'required'].includes(key) ? Object.keys(properties(value)).map((inner) => `${key}.${inner}`) : [key],
    );
    expect(flat.toSorted()).toEqual(settingKeys.filter((key) => !decidedByTheChart.includes(key)).toSorted());
  });

  test('lets no object have keys that it does not know, unless its keys are the user’s or Kubernetes’ own', () => {
    const open: string[] = [];
    const visit = (node: Json, path: string): void => {
      if (!isObject(node)) return;
      if (node['type'] === 'object' && node['additionalProperties'] !== false) open.push(path);
      for (const [key, value] of Object.entries(properties(node))) visit(value, path === '' ? key : `${path}.${key}`);
      if (isObject(node['items'])) visit(node['items'], `${path}[]`);
    };
    visit(schema, '');
    expect(open).toEqual([
      'global',
      'commonLabels',
      'commonAnnotations',
      'settings.reusable.selectors[].matchLabels',
      'serviceAccount.annotations',
      'service.annotations',
      'podLabels',
      'podAnnotations',
      'nodeSelector',
      'tolerations[]',
      'affinity',
      'topologySpreadConstraints[]',
      'networkPolicy.metricsFromNamespaces',
      'monitoring.serviceMonitor.labels',
      'monitoring.prometheusRule.labels',
      'monitoring.dashboard.labels',
    ]);
  });
});

describeHelm('values', (version) => {
  test.each(releases)('of release $name make settings that podgraft takes', async (release) => {
    const configMap = (await render(version, release)).find(
      (object) => object['kind'] === 'ConfigMap' && 'podgraft.yaml' in objectField(object, 'data'),
    );
    const text = stringField(objectField(configMap ?? {}, 'data'), 'podgraft.yaml') ?? '';
    const config = parseConfig({ flags: {}, env: {}, file: { name: 'podgraft.yaml', text } });
    expect(config).toMatchObject({ kind: 'config' });
    if (config.kind === 'invalid') return;
    const { values } = config;
    const objects = await render(version, release);
    expect(values.serviceName).toBe(objectField(find(objects, 'Service'), 'metadata')['name']);
    expect(values.statusLease).toBe(objectField(find(objects, 'Lease'), 'metadata')['name']);
    expect(values.namespace).toBe(release.namespace);
    const isSelfManaged = values.certificates === 'self-managed';
    expect(values.tlsCert === undefined).toBe(isSelfManaged);
    const configuration = objectField(find(objects, 'MutatingWebhookConfiguration'), 'metadata')['name'];
    expect(values.mutatingWebhookConfigurations).toEqual(isSelfManaged ? [configuration] : []);
    if (isSelfManaged) {
      expect(values.certificateSecret).toBe(objectField(find(objects, 'Secret'), 'metadata')['name']);
    }
    // What the API server doesn't send, podgraft doesn't touch either, and the other way round.
    expect([release.namespace, values.rootNamespace, ...values.excludedNamespaces]).toContain(release.namespace);
  });

  test.each([
    ['a value that is not there', 'replica=3', /replica/],
    ['a setting that is not there', 'settings.injektion=all', /injektion/],
    ['a setting that the chart decides', 'settings.port=9443', /port/],
    ['an injection mode of its own', 'settings.injection=some', /injection/],
    ['an allowance that is none', 'settings.allow={root}', /allow/],
    ['a namespace that is none', 'settings.rootNamespace=No_Namespace', /rootNamespace/],
    ['a CPU limit, which would throttle every pod of the cluster', 'resources.limits.cpu=1', /cpu/],
    ['a memory limit that no heap can be made of', 'resources.limits.memory=512M', /memory/],
    ['no memory limit', 'resources.limits.memory=null', /memory/],
    ['a stop that is cut short', 'terminationGracePeriodSeconds=10', /terminationGracePeriodSeconds/],
    ['a certificate mode that is none', 'certificates.mode=manual', /mode/],
    ['a policy that does what policies can’t', 'policies.ungrafted.action=Audit', /action/],
    ['a port out of range', 'containerPort=70000', /containerPort/],
    ['a digest that is none', 'image.digest=latest', /digest/],
    ['files without a Secret', 'certificates.mode=files', /certificates\.files\.secretName/],
    ['an account that it neither makes nor is told', 'serviceAccount.create=false', /serviceAccount\.name/],
    ['a webhook timeout, which is part of the contract', 'webhooks.named.timeoutSeconds=30', /webhooks/],
  ])('%s is refused by name', async (_, set, named) => {
    const { exit, stderr } = await template(version, { name: 'podgraft', namespace: 'podgraft-system', set: [set] });
    expect(exit).not.toBe(0);
    expect(stderr).toMatch(named);
  });

  test.each([
    ['global values of a parent chart', 'global.anything=1'],
    ['no replicas, for a while', 'replicas=0'],
    ['lives of certificates for a drill', 'settings.leafLifeSeconds=60,settings.caLifeSeconds=180'],
  ])('%s are taken', async (_, set) => {
    const { exit, stderr } = await template(version, { name: 'podgraft', namespace: 'podgraft-system', set: [set] });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });
});
