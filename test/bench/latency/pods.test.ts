import { describe, expect, test } from 'vitest';
import { makeBodies } from '../../../bench/bodies.ts';
import { countCalls } from '../../../bench/latency/api-metrics.ts';
import { graftOf, podToCreate } from '../../../bench/latency/pods.ts';
import { podTemplate } from '../../../bench/templates.ts';
import { arrayField, field, objectField } from '../../../src/core/json.ts';
import type { Json } from '../../../src/core/json.ts';

const bodies = makeBodies('log-shipper-4');

describe('the pod that is created', () => {
  test.each(bodies.map((body) => [body.name, body] as const))(
    '%s: has nothing of what the API server adds',
    (_, body) => {
      const text = podToCreate(body);
      expect(text).not.toContain('kube-api-access-');
      const pod = JSON.parse(text) as Json;
      expect(field(objectField(pod, 'metadata'), 'managedFields')).toBeUndefined();
      expect(field(pod, 'status')).toBeUndefined();
      const spec = objectField(pod, 'spec');
      for (const name of ['priority', 'preemptionPolicy', 'tolerations']) expect(field(spec, name)).toBeUndefined();
    },
  );

  test.each(bodies.map((body) => [body.name, body] as const))('%s: has all of the workload', (_, body) => {
    const reviewed = objectField(objectField(JSON.parse(body.text) as Json, 'request'), 'object');
    const containersOf = (pod: Json): readonly Json[] => arrayField(objectField(pod, 'spec'), 'containers');
    const summary = (container: Json): readonly unknown[] => [
      field(container, 'name'),
      field(container, 'env'),
      arrayField(container, 'volumeMounts').length,
    ];
    const sent = containersOf(JSON.parse(podToCreate(body)) as Json).map(summary);
    const expected = containersOf(reviewed).map((container) => {
      const [name, env, mounts] = summary(container);
      return [name, env, Number(mounts) - 1];
    });
    expect(sent).toEqual(expected);
  });
});

describe('what a graft brought', () => {
  const { metadata, spec } = podTemplate;
  const token = {
    name: 'kube-api-access-x2',
    readOnly: true,
    mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  };
  const [sidecar] = spec.containers;
  const grafted = {
    metadata: { labels: { app: 'a', ...metadata.labels }, annotations: metadata.annotations },
    spec: {
      containers: [{ name: 'main' }, { ...sidecar, volumeMounts: [...(sidecar?.volumeMounts ?? []), token] }],
      volumes: [{ name: 'config' }, ...spec.volumes],
    },
  };

  test('is the sidecar without its token, the volume, the label and the annotation', () => {
    expect(graftOf(JSON.stringify(grafted))).toEqual({
      containers: spec.containers,
      volumes: spec.volumes,
      labels: metadata.labels,
      annotations: metadata.annotations,
    });
  });

  test('is nothing where there is no sidecar', () => {
    const pod = { ...grafted, spec: { ...grafted.spec, containers: [{ name: 'main' }] } };
    expect(graftOf(JSON.stringify(pod))).toBeUndefined();
  });
});

test("how often webhooks were asked is the sum of the API server's counts for them", () => {
  const metric = 'apiserver_admission_webhook_admission_duration_seconds';
  const metrics = [
    `# TYPE ${metric} histogram`,
    `${metric}_bucket{name="named.podgraft.dev",operation="CREATE",rejected="false",type="admit",le="0.005"} 900`,
    `${metric}_count{name="named.podgraft.dev",operation="CREATE",rejected="false",type="admit"} 12`,
    `${metric}_count{name="named.podgraft.dev",operation="CREATE",rejected="true",type="admit"} 3`,
    `${metric}_count{name="matched.podgraft.dev",operation="CREATE",rejected="false",type="admit"} 70`,
  ].join('\n');
  expect(countCalls(metrics)).toEqual({ go: 0, podgraft: 15 });
});
