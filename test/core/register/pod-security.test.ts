import { describe, expect, it } from 'vitest';
import { formatPath } from '../../../src/core/field-path.ts';
import { podSecurity } from '../../../src/core/register/pod-security.ts';
import { templateEntries } from '../../../src/core/register/special-entries.ts';
import { yamlObject } from '../../support/fixtures.ts';

const restricted =
  'securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}';

/** The level that a template needs, and the paths of what decides it, those of the other level left out. */
function judge(text: string): readonly [string, readonly string[]] {
  const podTemplate = yamlObject(text);
  const { level, needs } = podSecurity(podTemplate, templateEntries(podTemplate, 'primary'));
  return [level, needs.filter((need) => need.level === level).map(({ path }) => formatPath(path))];
}

const container = (fields: string): string => `spec: {containers: [{name: a, image: a:1, ${fields}}]}`;
/** A container that would be restricted, with this in its securityContext too. */
const secured = (fields: string): string => container(restricted.replace(/\}$/, `, ${fields}}`));
const at = 'spec.containers[0]';
const context = `${at}.securityContext`;

describe('the Pod Security level that a template needs', () => {
  it.each<[string, string, string, readonly string[]]>([
    ['nothing', '{}', 'restricted', []],
    ['a container that says all that it must', container(restricted), 'restricted', []],
    [
      'a container that says nothing',
      container(''),
      'baseline',
      [
        `${context}.runAsNonRoot`,
        `${context}.allowPrivilegeEscalation`,
        `${context}.capabilities.drop`,
        `${context}.seccompProfile`,
      ],
    ],
    [
      'an init container that says nothing',
      'spec: {initContainers: [{name: i, image: i:1}]}',
      'baseline',
      ['runAsNonRoot', 'allowPrivilegeEscalation', 'capabilities.drop', 'seccompProfile'].map(
        (field) => `spec.initContainers[0].securityContext.${field}`,
      ),
    ],
    [
      'a pod that says it for its containers',
      'spec: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, image: a:1, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}',
      'restricted',
      [],
    ],
    [
      'an entry for the workload’s container, which needn’t',
      'spec: {containers: [{name: primary}, {name: default}], initContainers: [{name: default-init}]}',
      'restricted',
      [],
    ],
    [
      'an entry that has no effect',
      'spec: {containers: [{name: noop, securityContext: {privileged: true}}]}',
      'restricted',
      [],
    ],
    [
      'an entry that asks for more',
      'spec: {containers: [{name: primary, securityContext: {runAsUser: 0, runAsNonRoot: false, allowPrivilegeEscalation: true}}]}',
      'baseline',
      ['allowPrivilegeEscalation', 'runAsNonRoot', 'runAsUser'].map((field) => `${context}.${field}`),
    ],
    ['privileged', secured('privileged: true'), 'privileged', [`${context}.privileged`]],
    [
      'a capability of the usual ones',
      secured('capabilities: {drop: [ALL], add: [CHOWN]}').replace('capabilities: {drop: [ALL]}, ', ''),
      'baseline',
      [`${context}.capabilities.add[0]`],
    ],
    [
      'a capability beyond them',
      secured('capabilities: {drop: [ALL], add: [NET_BIND_SERVICE, NET_ADMIN]}').replace(
        'capabilities: {drop: [ALL]}, ',
        '',
      ),
      'privileged',
      [`${context}.capabilities.add[1]`],
    ],
    [
      'the one capability that restricted allows',
      secured('capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}').replace('capabilities: {drop: [ALL]}, ', ''),
      'restricted',
      [],
    ],
    [
      'hostNetwork, hostPID, hostIPC',
      'spec: {hostNetwork: true, hostPID: true, hostIPC: true}',
      'privileged',
      ['spec.hostNetwork', 'spec.hostPID', 'spec.hostIPC'],
    ],
    [
      'a hostPath',
      'spec: {volumes: [{name: v, emptyDir: {}}, {name: w, hostPath: {path: /a}}]}',
      'privileged',
      ['spec.volumes[1].hostPath'],
    ],
    ['an NFS volume', 'spec: {volumes: [{name: v, nfs: {server: s, path: /a}}]}', 'baseline', ['spec.volumes[0].nfs']],
    [
      'volumes that restricted allows',
      'spec: {volumes: [{name: a}, {name: b, projected: {}}, {name: c, csi: {driver: d.e}}, null]}',
      'restricted',
      [],
    ],
    [
      'a hostPort',
      container(`${restricted}, ports: [{containerPort: 1}, {containerPort: 2, hostPort: 2}]`),
      'privileged',
      [`${at}.ports[1].hostPort`],
    ],
    ['procMount', secured('procMount: Unmasked'), 'privileged', [`${context}.procMount`]],
    [
      'procMount in a user namespace',
      secured('procMount: Unmasked').replace('spec: {', 'spec: {hostUsers: false, '),
      'baseline',
      [`${context}.procMount`],
    ],
    [
      'root in a user namespace',
      'spec: {hostUsers: false, securityContext: {runAsNonRoot: false, runAsUser: 0}, containers: [{name: a, image: a:1, securityContext: {runAsUser: 0, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}}]}',
      'restricted',
      [],
    ],
    [
      'root of the pod',
      'spec: {securityContext: {runAsNonRoot: false, runAsUser: 0}}',
      'baseline',
      ['spec.securityContext.runAsNonRoot', 'spec.securityContext.runAsUser'],
    ],
    [
      'an SELinux type, user and role',
      'spec: {securityContext: {seLinuxOptions: {type: spc_t, user: u, role: r, level: s0}}}',
      'privileged',
      ['type', 'user', 'role'].map((field) => `spec.securityContext.seLinuxOptions.${field}`),
    ],
    ['an SELinux type of a container', secured('seLinuxOptions: {type: container_t}'), 'restricted', []],
    [
      'no seccomp',
      secured('appArmorProfile: {type: RuntimeDefault}').replace(
        'seccompProfile: {type: RuntimeDefault}',
        'seccompProfile: {type: Unconfined}',
      ),
      'privileged',
      [`${context}.seccompProfile.type`],
    ],
    [
      'no AppArmor',
      'spec: {securityContext: {appArmorProfile: {type: Unconfined}}}',
      'privileged',
      ['spec.securityContext.appArmorProfile.type'],
    ],
    [
      'no AppArmor by annotation',
      'metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined, container.apparmor.security.beta.kubernetes.io/b: localhost/x, other: unconfined}}',
      'privileged',
      ['metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]'],
    ],
    [
      'sysctls',
      'spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: "1"}, {name: kernel.msgmax, value: "1"}]}}',
      'privileged',
      ['spec.securityContext.sysctls[1]'],
    ],
    [
      'a probe of another host',
      container(
        `${restricted}, livenessProbe: {httpGet: {host: h, port: 1}}, lifecycle: {preStop: {tcpSocket: {host: h, port: 1}}}`,
      ),
      'privileged',
      [`${at}.livenessProbe.httpGet.host`, `${at}.lifecycle.preStop.tcpSocket.host`],
    ],
    [
      'a host process',
      'spec: {os: {name: windows}, containers: [{name: a, image: a:1, securityContext: {windowsOptions: {hostProcess: true}}}]}',
      'privileged',
      [`${context}.windowsOptions.hostProcess`],
    ],
    [
      'a pod of host processes',
      'spec: {securityContext: {windowsOptions: {hostProcess: true}}}',
      'privileged',
      ['spec.securityContext.windowsOptions.hostProcess'],
    ],
    [
      'a windows container, which has no Linux fields',
      'spec: {os: {name: windows}, containers: [{name: a, image: a:1, securityContext: {runAsNonRoot: true}}]}',
      'restricted',
      [],
    ],
  ])('%s', (_name, text, level, paths) => {
    expect(judge(text)).toEqual([level, paths]);
  });
});
