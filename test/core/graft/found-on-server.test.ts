import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { asking, injectionTemplate, pod, settings, template } from '../../support/fixtures.ts';
import { decide, graft } from '../../support/graft.ts';
import { problemsOf } from '../../support/judge.ts';

// Found by test/cluster/accepted.test.ts: pods that podgraft let through and a real kube-apiserver 1.36.3 refused, or on
// which a manifest by hand and the same one as it arrives were not judged alike. Each in its smallest form.

describe('found by a real API server', () => {
  test.each(['default', 'primary', 'sidecar'])('two ports of one container on one port of the node: in %s', (name) => {
    const ports = [
      { containerPort: 80, hostPort: 80 },
      { containerPort: 81, hostPort: 80 },
    ];
    const image = name === 'sidecar' ? { image: 'app:1' } : {};
    const problems = problemsOf(injectionTemplate('t', { spec: { containers: [{ name, ports, ...image }] } }));
    expect(problems.length).toBeGreaterThan(0);
  });

  test('a port of the node that the container has already, for another of its ports', () => {
    const t = template('t', {
      spec: { containers: [{ name: 'primary', ports: [{ containerPort: 81, hostPort: 80 }] }] },
    });
    const given = pod({ containers: [{ name: 'main', image: 'app:1', ports: [{ containerPort: 80, hostPort: 80 }] }] });
    const result = decide(asking(given, 't'), [t]);
    expect(result.problems).toEqual([
      'spec.containers[0].ports[1]: Duplicate value: "80": container main wants this port of the node twice, ' +
        'at least once by template podgraft-system/t; change one of the two (podgraft PG017)',
    ]);
  });

  test.each<{ from: string; spec: JsonObject; given: typeof settings }>([
    {
      from: "the template's presets",
      spec: { sidecars: { resources: { requests: { cpu: '10m' } } } },
      given: settings,
    },
    {
      from: "the operator's presets",
      spec: {},
      given: { ...settings, sidecarResources: { requests: { cpu: '10m' } } },
    },
  ])("a sidecar's request from $from breaks the limit of the pod", ({ spec, given }) => {
    const parsed = parseTemplate(
      injectionTemplate('t', { spec: { containers: [{ name: 's', image: 's:1' }] } }, spec),
      given,
    );
    const limits = { resources: { limits: { cpu: '1' } } };
    const full = pod({ ...limits, containers: [{ name: 'main', image: 'app:1', ...limits }] });
    const templates = parsed.kind === 'template' ? [parsed.template] : [];
    expect(decide(asking(full, 't'), templates, { settings: given }).codes).toEqual(['PG020']);
  });

  test('a volume that names no source is an emptyDir, on both sides', () => {
    const bare = template('bare', { spec: { volumes: [{ name: 'data' }] } });
    const explicit = template('explicit', { spec: { volumes: [{ name: 'data', emptyDir: {} }] } });
    for (const volume of [{ name: 'data' }, { name: 'data', emptyDir: {} }]) {
      const result = graft(pod({ volumes: [volume] }), [bare, explicit]);
      expect(result.problems).toEqual([]);
      expect(result.pod['spec']).toMatchObject({ volumes: [volume] });
    }
    const memory = pod({ volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }] });
    expect(graft(memory, [bare]).codes).toEqual(['PG013']);
  });

  describe("a request of the pod as a whole that is the server's own", () => {
    const byHand = pod({ resources: { limits: { cpu: '1' } } });
    const arrived = pod({ resources: { limits: { cpu: '1' }, requests: { cpu: '1' } } });
    const asks = (cpu: string, spec: JsonObject = {}): JsonObject => ({
      spec: { resources: { requests: { cpu } }, ...spec },
    });
    const init = { name: 'i', image: 'i:1', resources: { limits: { cpu: '300m' } } };

    test.each([
      { cpu: '300m', spec: {}, codes: [] },
      { cpu: '300m', spec: { initContainers: [init] }, codes: [] },
      { cpu: '2', spec: {}, codes: ['PG020'] },
      { cpu: '1', spec: { initContainers: [init] }, codes: [] },
    ])('counts as unset where a template asks for $cpu ($spec): $codes', ({ cpu, spec, codes }) => {
      for (const given of [byHand, arrived]) {
        const result = graft(given, [template('t', asks(cpu, spec))]);
        expect(result.codes).toEqual(codes);
        if (codes.length > 0) continue;
        expect(result.pod['spec']).toMatchObject({ resources: { requests: { cpu }, limits: { cpu: '1' } } });
      }
    });
  });

  test('one port of the node on two addresses, and then on the same', () => {
    const t = template('t', {
      spec: { containers: [{ name: 'default', ports: [{ containerPort: 82, hostPort: 82 }] }] },
    });
    const web = { name: 'web', image: 'app:1', ports: [{ containerPort: 82, hostPort: 82 }] };
    const proxy = {
      name: 'proxy',
      image: 'app:1',
      ports: [{ containerPort: 83, hostPort: 82, hostIP: '127.0.0.1' }],
    };
    expect(decide(asking(pod({ containers: [web, proxy] }), 't'), [t]).codes).toEqual(['PG017']);
  });

  test("a sidecar's empty windowsOptions in a pod for linux", () => {
    const sidecar = { name: 's', image: 's:1', securityContext: { windowsOptions: {} } };
    const t = template('t', { spec: { containers: [sidecar] } });
    expect(decide(asking(pod({ os: { name: 'linux' } }), 't'), [t]).codes).toEqual(['PG021']);
    expect(decide(asking(pod(), 't'), [t]).codes).toEqual([]);
  });
});
