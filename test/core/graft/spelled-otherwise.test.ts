import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { asking, pod, template } from '../../support/fixtures.ts';
import { at, decide, graft, names } from '../../support/graft.ts';

describe('what means the same to Kubernetes is treated the same, however a template spells it', () => {
  test('a toleration that two templates bring comes once', () => {
    const plain = template('a', { spec: { tolerations: [{ key: 'k', operator: 'Exists' }] } });
    const wordy = template('b', { spec: { tolerations: [{ key: 'k', operator: 'Exists', effect: '', value: null }] } });
    expect(at(graft(pod(), [plain, wordy]).pod, 'spec', 'tolerations')).toEqual([{ key: 'k', operator: 'Exists' }]);
  });

  test('a restartPolicy of null is none: the sidecar becomes a native one', () => {
    const t = template('t', { spec: { containers: [{ name: 's', image: 's:1', restartPolicy: null }] } });
    expect(names(graft(pod({ restartPolicy: 'Never' }), [t]).pod, 'initContainers')).toEqual(['s']);
  });

  test('beside an empty serviceAccountName the alias is read', () => {
    const t = template('t', { spec: { serviceAccountName: '', serviceAccount: 'robot' } });
    expect(at(graft(pod(), [t]).pod, 'spec', 'serviceAccountName')).toBe('robot');
  });
});

describe('a problem is told once', () => {
  const twoPrimaries = ['a', 'b'].map((name) =>
    template(name, { spec: { containers: [{ name: 'primary', tty: true }] } }),
  );

  test.each<{ what: string; given: JsonObject; templates: typeof twoPrimaries; code: string }>([
    {
      what: 'a wrong type that several fields meet',
      given: pod({ securityContext: 5 }),
      templates: [template('a', { spec: { securityContext: { runAsUser: 1, runAsGroup: 2 } } })],
      code: 'PG010',
    },
    {
      what: 'an annotation that several templates look at',
      given: pod({}, { annotations: { 'podgraft.dev/primary-container': 'nope' } }),
      templates: twoPrimaries,
      code: 'PG007',
    },
  ])('$what', ({ given, templates, code }) => {
    expect(decide(asking(given, ...templates.map(({ name }) => name)), templates).codes).toEqual([code]);
  });
});

test('the volume of a token that the workload mounts elsewhere too stays when the mount goes', () => {
  const volume = {
    name: 'kube-api-access-own',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt' } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
  const elsewhere = { name: volume.name, mountPath: '/token' };
  const mounted = { name: volume.name, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true };
  const containers = [{ name: 'main', image: 'app:1', volumeMounts: [elsewhere, mounted] }];
  const t = template('t', { spec: { automountServiceAccountToken: false } });
  const result = graft(pod({ containers, volumes: [volume] }), [t]);
  expect(names(result.pod, 'volumes')).toEqual([volume.name]);
  expect(at(result.pod, 'spec', 'containers', 0, 'volumeMounts')).toEqual([elsewhere]);
});
