import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/core/problem.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { injectionTemplate, settings, yamlObject } from '../../support/fixtures.ts';
import { problemsIn, problemsOf } from '../../support/judge.ts';

describe('a template is held strictly against the schema of Kubernetes', () => {
  it.each<[string, string, readonly string[]]>([
    ['nothing at all is valid', '{}', []],
    ['metadata alone is valid', 'metadata: {labels: {a: b}}', []],
    [
      'null is the same as absent',
      'spec: {containers: null, hostNetwork: null, volumes: [{name: v, emptyDir: null}]}',
      [],
    ],
    ['an unknown field', 'spec: {volumez: []}', ['PG030 spec.volumez']],
    ['an unknown field beside metadata', 'specs: {}', ['PG030 specs']],
    ['an unknown field that is null', 'spec: {volumez: null}', ['PG030 spec.volumez']],
    ['an unknown field in a list', 'spec: {volumes: [{name: v, emptyDirr: {}}]}', ['PG030 spec.volumes[0].emptyDirr']],
    ['a list where an object belongs', 'spec: []', ['PG031 spec']],
    ['a string where a list belongs', 'spec: {volumes: none}', ['PG031 spec.volumes']],
    ['an empty string where a list belongs', "spec: {volumes: ''}", ['PG031 spec.volumes']],
    ['a string where an object belongs in a list', 'spec: {volumes: [a]}', ['PG031 spec.volumes[0]']],
    ['null in a list', 'spec: {containers: [null]}', ['PG031 spec.containers[0]']],
    ['null in a map', 'metadata: {labels: {a: null}}', ['PG031 metadata.labels.a']],
    ['a list where a map belongs', 'metadata: {labels: [a]}', ['PG031 metadata.labels']],
    ['true where a string belongs', 'metadata: {labels: {a: true}}', ['PG031 metadata.labels.a']],
    ['a number where a string belongs', 'spec: {hostname: 1}', ['PG031 spec.hostname']],
    ['a string where true or false belongs', "spec: {hostNetwork: 'true'}", ['PG031 spec.hostNetwork']],
    [
      'a fraction where an integer belongs',
      'spec: {terminationGracePeriodSeconds: 1.5}',
      ['PG031 spec.terminationGracePeriodSeconds'],
    ],
    [
      'a string where an integer belongs',
      "spec: {terminationGracePeriodSeconds: '1'}",
      ['PG031 spec.terminationGracePeriodSeconds'],
    ],
    [
      'an integer beyond int32',
      'spec: {topologySpreadConstraints: [{maxSkew: 2147483648, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}]}',
      ['PG034 spec.topologySpreadConstraints[0].maxSkew'],
    ],
    [
      'an integer beyond what JSON can say exactly',
      'spec: {terminationGracePeriodSeconds: 9007199254740993}',
      ['PG034 spec.terminationGracePeriodSeconds'],
    ],
    ['infinity', 'spec: {terminationGracePeriodSeconds: .inf}', ['PG031 spec.terminationGracePeriodSeconds']],
    [
      'a quantity without its form',
      'spec: {containers: [{name: a, image: a:1, resources: {limits: {cpu: lots}}}]}',
      ['PG034 spec.containers[0].resources.limits.cpu'],
    ],
    [
      'a quantity that is true',
      'spec: {volumes: [{name: v, emptyDir: {sizeLimit: true}}]}',
      ['PG031 spec.volumes[0].emptyDir.sizeLimit'],
    ],
    ['a quantity as a number', 'spec: {containers: [{name: a, image: a:1, resources: {limits: {cpu: 0.5}}}]}', []],
    ['a value that is none of those that are possible', 'spec: {dnsPolicy: clusterfirst}', ['PG032 spec.dnsPolicy']],
    [
      'one of many possible values',
      'spec: {os: {name: linux}, containers: [{name: a, image: a:1, lifecycle: {stopSignal: SIGTREM}}]}',
      ['PG032 spec.containers[0].lifecycle.stopSignal'],
    ],
    ['an empty string where that means unset', "spec: {dnsPolicy: ''}", []],
    [
      'a port that is neither integer nor string',
      'spec: {containers: [{name: a, image: a:1, livenessProbe: {tcpSocket: {port: true}}}]}',
      ['PG031 spec.containers[0].livenessProbe.tcpSocket.port'],
    ],
    [
      'a port with a fraction',
      'spec: {containers: [{name: a, image: a:1, livenessProbe: {tcpSocket: {port: 1.5}}}]}',
      ['PG031 spec.containers[0].livenessProbe.tcpSocket.port'],
    ],
    ['a required field that is missing', 'spec: {volumes: [{emptyDir: {}}]}', ['PG033 spec.volumes[0].name']],
    ['a required field that is null', 'spec: {volumes: [{name: null, emptyDir: {}}]}', ['PG033 spec.volumes[0].name']],
    ['a required field that is empty', "spec: {volumes: [{name: '', emptyDir: {}}]}", ['PG033 spec.volumes[0].name']],
    [
      'a required field that may be empty',
      "spec: {securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: ''}]}}",
      [],
    ],
    [
      'a mount without a path',
      'spec: {volumes: [{name: v, emptyDir: {}}], containers: [{name: primary, volumeMounts: [{name: v}]}]}',
      ['PG033 spec.containers[0].volumeMounts[0].mountPath'],
    ],
    [
      'two volumes of one name: the path is the second one’s',
      'spec: {volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {}}, {name: a, emptyDir: {}}]}',
      ['PG035 spec.volumes[2].name'],
    ],
    [
      'two env entries of one name',
      'spec: {containers: [{name: a, image: a:1, env: [{name: X, value: a}, {name: X, value: b}]}]}',
      ['PG035 spec.containers[0].env[1].name'],
    ],
    [
      'two mounts at one path',
      'spec: {volumes: [{name: v, emptyDir: {}}], containers: [{name: a, image: a:1, volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a}]}]}',
      ['PG035 spec.containers[0].volumeMounts[1].mountPath'],
    ],
    [
      'one port twice, once with its protocol by default',
      'spec: {containers: [{name: a, image: a:1, ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}]}]}',
      ['PG035 spec.containers[0].ports[1]'],
    ],
    [
      'one port with two protocols',
      'spec: {containers: [{name: a, image: a:1, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}]}',
      [],
    ],
    [
      'two spread constraints of one kind',
      'spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}]}',
      ['PG035 spec.topologySpreadConstraints[1]'],
    ],
    [
      'one DNS option twice',
      'spec: {dnsConfig: {options: [{name: a}, {name: a, value: b}]}}',
      ['PG035 spec.dnsConfig.options[1].name'],
    ],
    [
      'one readiness gate twice',
      'spec: {readinessGates: [{conditionType: a}, {conditionType: b}, {conditionType: a}]}',
      ['PG035 spec.readinessGates[2].conditionType'],
    ],
    [
      'a time that is none',
      'spec: {volumes: [{name: v, ephemeral: {volumeClaimTemplate: {metadata: {creationTimestamp: today}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]}',
      [
        'PG034 spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.creationTimestamp',
        'PG034 spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.creationTimestamp',
      ],
    ],
  ])('%s', (_name, podTemplate, problems) => {
    expect(problemsIn(podTemplate)).toEqual(problems);
  });

  it('refuses half a surrogate pair in a value and in a key', () => {
    const half = '\uD800';
    const document = injectionTemplate('t', {
      metadata: { annotations: { [`a${half}`]: 'x' } },
      spec: { containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: half }] }] },
    });
    expect(problemsOf(document)).toContain('PG034 spec.template.spec.containers[0].env[0].value');
    expect(problemsOf(document).filter((problem) => problem.includes('annotations'))).not.toEqual([]);
  });
});

describe('what a message says', () => {
  const messages = (podTemplate: string): readonly string[] => {
    const result = parseTemplate(injectionTemplate('t', yamlObject(podTemplate)), settings);
    return result.kind === 'invalid' ? result.problems.map(formatProblem) : [];
  };

  it.each<[string, string, string]>([
    ['names the field that was meant', 'spec: {conatiners: []}', 'did you mean containers?'],
    ['names no field where none is near', 'spec: {gizmo: []}', 'there is no such field; take it out'],
    [
      'lists the values that are possible',
      'spec: {dnsPolicy: X}',
      'must be one of ClusterFirst, ClusterFirstWithHostNet, Default, None',
    ],
    [
      'names the nearest of many values',
      'spec: {containers: [{name: a, image: a:1, lifecycle: {stopSignal: SIGTREM}}]}',
      'did you mean SIGTERM?',
    ],
    [
      'begins a list of many values',
      'spec: {containers: [{name: a, image: a:1, lifecycle: {stopSignal: whatever}}]}',
      'SIGHUP, SIGILL, SIGINT, …',
    ],
    [
      'advises quotes where YAML took a string for something else',
      'metadata: {labels: {a: 1}}',
      'must be a string, not a number; put it in quotes',
    ],
    ['says what stands there instead', 'spec: [a]', 'must be an object, not a list'],
    [
      'says where the first of two stands',
      'spec: {volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}]}',
      'Duplicate value: "a": the element before it with the index 0 has the same name',
    ],
  ])('%s', (_name, podTemplate, text) => {
    expect(messages(podTemplate).join('\n')).toContain(text);
  });

  it('never shows the value of an environment variable, an argument, a label or an annotation', () => {
    const podTemplate = `
      metadata:
        labels: {a: "HUSH HUSH"}
        annotations: {kubernetes.io/config.mirror: HUSH}
      spec:
        containers:
          - name: a
            image: a:1
            args: [[HUSH]]
            env:
              - {name: A, value: HUSH, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
              - {name: B, value: [HUSH]}
        `;
    expect(messages(podTemplate).length).toBeGreaterThanOrEqual(5);
    expect(messages(podTemplate).join('\n')).not.toContain('HUSH');
  });
});
