import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** What all servers graft: one sidecar with its volume, a label and an annotation. */
export const podTemplate = {
  metadata: {
    labels: { 'logging.example.test/shipped': 'true' },
    annotations: { 'logging.example.test/format': 'json' },
  },
  spec: {
    containers: [
      {
        name: 'log-shipper',
        image: 'registry.example.test/platform/log-shipper:4.2.1',
        args: ['--source=/var/log/app', '--flush=5s'],
        env: [
          { name: 'SHIPPER_TARGET', value: 'logs.example.test:6514' },
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        volumeMounts: [{ name: 'app-logs', mountPath: '/var/log/app' }],
      },
    ],
    volumes: [{ name: 'app-logs', emptyDir: { sizeLimit: '256Mi' } }],
  },
};

/** The name of the template at `index`. */
export function templateName(index: number): string {
  return `log-shipper-${index}`;
}

/**
 * Writes a template set for podgraft: `count` templates, of which every other has a selector, none of which matches
 * the pods of the bench; they are there to be not taken.
 * @param folder an empty one
 */
export function writeTemplates(folder: string, count: number): void {
  const perFile = 500;
  for (let first = 0; first < count; first += perFile) {
    const documents = Array.from({ length: Math.min(perFile, count - first) }, (_, offset) => template(first + offset));
    // YAML, of which JSON is a part.
    const text = documents.map((document) => `---\n${JSON.stringify(document)}\n`).join('');
    writeFileSync(path.join(folder, `templates-${first}.yaml`), text);
  }
}

function template(index: number): object {
  const match = { podSelector: { matchLabels: { 'app.kubernetes.io/name': `app-${index}` } } };
  return {
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: { name: templateName(index), namespace: 'podgraft-system' },
    spec: { ...(index % 2 === 1 && { match }), template: podTemplate },
  };
}
