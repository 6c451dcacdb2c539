import type { JsonObject } from '../../src/core/json.ts';
import { podTemplate } from '../templates.ts';

const { labels, annotations } = podTemplate.metadata;

/** Adds a map's entries, and the map where the pod has none. */
function entries(field: 'labels' | 'annotations', values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(
    ([key, value]) =>
      `JSONPatch{op: "add", path: "/metadata/${field}/" + jsonpatch.escapeKey("${key}"), value: "${value}"}`,
  );
  return `(has(object.metadata.${field}) ? [] : [JSONPatch{op: "add", path: "/metadata/${field}", value: {}}]) + [${pairs.join(', ')}]`;
}

/** The bench's pod template in CEL, as one would write it: that both bring the same is looked at before anything is measured. */
const expression = `
${entries('labels', labels)} +
${entries('annotations', annotations)} +
(has(object.spec.volumes) ? [] : [JSONPatch{op: "add", path: "/spec/volumes", value: []}]) +
[
  JSONPatch{
    op: "add", path: "/spec/volumes/-",
    value: Object.spec.volumes{
      name: "app-logs",
      emptyDir: Object.spec.volumes.emptyDir{sizeLimit: "256Mi"}
    }
  },
  JSONPatch{
    op: "add", path: "/spec/containers/-",
    value: Object.spec.containers{
      name: "log-shipper",
      image: "registry.example.test/platform/log-shipper:4.2.1",
      args: ["--source=/var/log/app", "--flush=5s"],
      env: [
        Object.spec.containers.env{name: "SHIPPER_TARGET", value: "logs.example.test:6514"},
        Object.spec.containers.env{
          name: "POD_NAME",
          valueFrom: Object.spec.containers.env.valueFrom{
            fieldRef: Object.spec.containers.env.valueFrom.fieldRef{fieldPath: "metadata.name"}
          }
        }
      ],
      resources: Object.spec.containers.resources{
        requests: {"cpu": "20m", "memory": "64Mi"},
        limits: {"memory": "128Mi"}
      },
      securityContext: Object.spec.containers.securityContext{
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true
      },
      volumeMounts: [Object.spec.containers.volumeMounts{name: "app-logs", mountPath: "/var/log/app"}]
    }
  }
]`.trim();

/**
 * The template of the bench as a MutatingAdmissionPolicy for the pods of one namespace, with its binding. Safe to be
 * called again, as podgraft is: a pod that has the sidecar is left alone.
 */
export function policyObjects(namespace: string): readonly JsonObject[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: 'podgraft-bench' };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  return [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: {
          namespaceSelector,
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        },
        matchConditions: [
          { name: 'has-no-sidecar', expression: '!object.spec.containers.exists(c, c.name == "log-shipper")' },
        ],
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      },
    },
    { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata, spec: { policyName: metadata.name } },
  ];
}
