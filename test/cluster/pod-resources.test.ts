import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { field, objectField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { pod, template, yamlObject } from '../support/fixtures.ts';
import { names } from '../support/graft.ts';
import { create, dryRun, eventually, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

// A LimitRange fills a sidecar after our patch, and the server has derived the pod's own requests before that: it runs
// defaults, LimitRanger, our webhook, defaults again, LimitRanger again, our webhook again, validation.

let namespace = '';
let podgraft: Podgraft;

/** By the LimitRange of the test's namespace, which makes its default memory the default request too. */
const filled = { requests: { cpu: '20m', memory: '1Gi' }, limits: { memory: '1Gi' } };
const sized = { requests: { cpu: '100m', memory: '100Mi' }, limits: { memory: '100Mi' } };

interface Row {
  readonly what: string;
  /** Of the pod's container. */
  readonly main: JsonObject;
  /** Of the pod as a whole. */
  readonly resources?: JsonObject;
  /** Of the template's sidecar. */
  readonly sidecar: string;
  readonly spec?: JsonObject;
}

const fits: readonly (Row & { readonly requests: JsonObject })[] = [
  {
    what: 'both containers are given memory',
    main: { requests: { cpu: '100m' } },
    resources: { limits: { cpu: '1' } },
    sidecar: '{requests: {cpu: 50m}}',
    requests: { cpu: '150m', memory: '2Gi' },
  },
  {
    what: "the pod's container has memory of its own",
    main: { requests: { cpu: '100m', memory: '100Mi' } },
    resources: { limits: { cpu: '1' } },
    sidecar: '{requests: {cpu: 50m}}',
    requests: { cpu: '150m', memory: '1124Mi' },
  },
  {
    what: 'nothing shows that there is a LimitRange, and the pod has room',
    main: sized,
    resources: { limits: { cpu: '1', memory: '2Gi' } },
    sidecar: '{}',
    requests: { cpu: '120m', memory: '1124Mi' },
  },
  {
    what: 'the same as a native sidecar',
    main: sized,
    resources: { limits: { cpu: '1', memory: '2Gi' } },
    sidecar: '{}',
    spec: { restartPolicy: 'Never' },
    requests: { cpu: '120m', memory: '1124Mi' },
  },
  {
    what: 'the pod has just enough for both',
    main: { requests: { cpu: '100m' } },
    resources: { limits: { cpu: '1', memory: '2Gi' } },
    sidecar: '{}',
    requests: { cpu: '120m', memory: '2Gi' },
  },
];

const breaks: readonly (Row & { readonly code: string; readonly says: string })[] = [
  {
    what: 'more than the limit of the pod',
    main: { requests: { cpu: '100m' } },
    resources: { limits: { cpu: '1', memory: '1536Mi' } },
    sidecar: '{}',
    code: 'PG020',
    says: 'a LimitRange of the namespace',
  },
  {
    what: 'more than the request of the pod',
    main: { requests: { cpu: '100m' } },
    resources: { requests: { memory: '1536Mi' } },
    sidecar: '{}',
    code: 'PG020',
    says: 'a LimitRange of the namespace',
  },
  {
    what: "a limit below the sidecar's own request",
    main: {},
    sidecar: '{requests: {memory: 2Gi}}',
    code: 'PG021',
    says: 'a LimitRange of the namespace',
  },
];

describeCluster('a LimitRange fills what a template adds', () => {
  beforeAll(async () => {
    namespace = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
    await create({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'limits', namespace },
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '20m' }, default: { memory: '1Gi' } }] },
    });
    podgraft = await startPodgraft('pod-resources', [namespace]);
    await eventually('the server knows the LimitRange', async () => {
      const { body } = await dryRun(pod({}, { namespace }));
      const [main] = field(body['spec'], 'containers') as readonly JsonObject[];
      return JSON.stringify(field(main, 'resources')) ===
        JSON.stringify({ limits: filled.limits, requests: filled.requests })
        ? true
        : undefined;
    });
  });
  afterAll(async () => podgraft.close());

  describe.each([
    { how: 'matched', metadata: {} },
    { how: 'named', metadata: { labels: { 'podgraft.dev/template': 't' } } },
  ])('and it is $how', ({ how, metadata }) => {
    const ask = async ({ main, resources, sidecar, spec = {} }: Row): ReturnType<typeof dryRun> => {
      const podTemplate = yamlObject(`spec: {containers: [{name: s, image: "s:1", resources: ${sidecar}}]}`);
      podgraft.use(template('t', podTemplate, how === 'matched' ? { match: {} } : {}));
      const containers = [{ name: 'main', image: 'app:1', resources: main }];
      return dryRun(
        pod({ containers, ...(resources === undefined ? {} : { resources }), ...spec }, { ...metadata, namespace }),
      );
    };

    test.each(fits)('$what: the server derives the requests of the pod anew', async (row) => {
      const answer = await ask(row);
      expect(messageOf(answer)).toBe('');
      expect(objectField(answer.body, 'spec')['resources']).toMatchObject({ requests: row.requests });
      expect([...names(answer.body, 'containers'), ...names(answer.body, 'initContainers')]).toEqual(['main', 's']);
      expect(answer.warnings).toEqual([]);
    });

    test.each(breaks)('$what: the template does not stop the pod unless it was named', async (row) => {
      const answer = await ask(row);
      const said = how === 'matched' ? answer.warnings.join('\n') : messageOf(answer);
      if (how === 'matched') {
        expect(messageOf(answer)).toBe('');
        expect(names(answer.body, 'containers')).toEqual(['main']);
      } else {
        expect(answer.status).toBe(422);
        expect(said).toContain(row.says);
      }
      expect(said).toContain(row.code);
    });
  });
});
