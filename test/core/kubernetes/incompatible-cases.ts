import type { JsonObject } from '../../../src/core/json.ts';

/** A pod that breaks one row of the table, and pods in which each side of it stands alone and is fine. */
export interface IncompatibleCase {
  readonly id: string;
  readonly refused: JsonObject;
  /** Pods that break it in another way. */
  readonly refusedToo?: readonly JsonObject[];
  readonly fine: readonly JsonObject[];
}

const image = 'example.test/web:1';

function pod(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...metadata },
    spec: { containers: [{ name: 'web', image }], ...spec },
  };
}

function web(container: JsonObject, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return pod({ ...spec, containers: [{ name: 'web', image, ...container }] }, metadata);
}

function init(container: JsonObject, spec: JsonObject = {}): JsonObject {
  return pod({ ...spec, initContainers: [{ name: 'setup', image, ...container }] });
}

const secure = (securityContext: JsonObject): JsonObject => ({ securityContext });
const windows = { os: { name: 'windows' } };
const linux = { os: { name: 'linux' } };
const hostProcess = (value: boolean): JsonObject =>
  secure({ windowsOptions: { hostProcess: value, runAsUserName: 'x' } });
const volume = (name: string, source: JsonObject): JsonObject => ({ name, ...source });
const claim = volume('disk', { persistentVolumeClaim: { claimName: 'disk' } });
const device = { name: 'disk', devicePath: '/dev/disk' };
const ephemeral = {
  ephemeral: {
    volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  },
};
const probe = { tcpSocket: { port: 80 } };
const sysctl = (name: string): JsonObject => secure({ sysctls: [{ name, value: '1' }] });
const resources = (limits: JsonObject | undefined, requests?: JsonObject): JsonObject => ({
  resources: { ...(limits && { limits }), ...(requests && { requests }) },
});
const port = (containerPort: number, rest: JsonObject = {}): JsonObject => ({ containerPort, ...rest });
const searches = (count: number, length: number): JsonObject => ({
  dnsConfig: { searches: Array.from({ length: count }, (_, index) => `s${index}.`.padEnd(Math.min(length, 50), 'a')) },
});
/** Search paths of this length together, with a space between each and the next. */
const long = (length: number): JsonObject => {
  const all = Array.from({ length: 20 }, () => `${'a'.repeat(60)}.${'b'.repeat(60)}`).join(' ');
  return { dnsConfig: { searches: all.slice(-length).split(' ') } };
};
const stopSignal = (signal: string): JsonObject => ({ lifecycle: { stopSignal: signal } });
const sleep = (seconds: number): JsonObject => ({ sleep: { seconds } });
const annotations = (values: JsonObject): JsonObject => ({ annotations: values });
const podName = 'w'.repeat(200);

const windowsPodFields: readonly (readonly [id: string, spec: JsonObject])[] = [
  ['host-ipc', { hostIPC: true }],
  ['host-pid', { hostPID: true }],
  ['host-users', { hostUsers: true }],
  ['resources', { resources: { limits: { cpu: '1' } } }],
  ['share-process-namespace', { shareProcessNamespace: false }],
  ['app-armor-profile', secure({ appArmorProfile: { type: 'RuntimeDefault' } })],
  ['fs-group', secure({ fsGroup: 1 })],
  ['fs-group-change-policy', secure({ fsGroupChangePolicy: 'Always' })],
  ['run-as-group', secure({ runAsGroup: 1 })],
  ['run-as-user', secure({ runAsUser: 1 })],
  ['se-linux-change-policy', secure({ seLinuxChangePolicy: 'Recursive' })],
  ['se-linux-options', secure({ seLinuxOptions: { level: 's0' } })],
  ['seccomp-profile', secure({ seccompProfile: { type: 'RuntimeDefault' } })],
  ['supplemental-groups', secure({ supplementalGroups: [1] })],
  ['supplemental-groups-policy', secure({ supplementalGroupsPolicy: 'Merge' })],
  ['sysctls', sysctl('kernel.shm_rmid_forced')],
];

const windowsContainerFields: readonly (readonly [id: string, securityContext: JsonObject])[] = [
  ['allow-privilege-escalation', { allowPrivilegeEscalation: true }],
  ['app-armor-profile', { appArmorProfile: { type: 'RuntimeDefault' } }],
  ['capabilities', { capabilities: {} }],
  ['privileged', { privileged: false }],
  ['proc-mount', { procMount: 'Default' }],
  ['read-only-root-filesystem', { readOnlyRootFilesystem: false }],
  ['run-as-group', { runAsGroup: 1 }],
  ['run-as-user', { runAsUser: 1 }],
  ['se-linux-options', { seLinuxOptions: { level: 's0' } }],
  ['seccomp-profile', { seccompProfile: { type: 'RuntimeDefault' } }],
];

/** One for each row. Each pod of it was tried on kube-apiserver 1.36.3; a cluster test can do it again. */
export const incompatibleCases: readonly IncompatibleCase[] = [
  {
    id: 'host-pid-share-process-namespace',
    refused: pod({ hostPID: true, shareProcessNamespace: true }),
    fine: [pod({ hostPID: true, shareProcessNamespace: false }), pod({ shareProcessNamespace: true })],
  },
  ...Object.entries({ hostIPC: 'host-ipc', hostNetwork: 'host-network', hostPID: 'host-pid' }).map(
    ([host, id]): IncompatibleCase => ({
      id: `host-users-${id}`,
      refused: pod({ hostUsers: false, [host]: true }),
      fine: [pod({ hostUsers: true, [host]: true }), pod({ hostUsers: false, [host]: false })],
    }),
  ),
  {
    id: 'hostname-override-set-hostname-as-fqdn',
    refused: pod({ hostnameOverride: 'web', setHostnameAsFQDN: true }),
    fine: [pod({ hostnameOverride: 'web', setHostnameAsFQDN: false }), pod({ setHostnameAsFQDN: true })],
  },
  {
    id: 'hostname-override-host-network',
    refused: pod({ hostnameOverride: 'web', hostNetwork: true }),
    fine: [pod({ hostnameOverride: 'web' }), pod({ hostNetwork: true })],
  },
  {
    id: 'node-name-scheduling-gates',
    refused: pod({ nodeName: 'node', schedulingGates: [{ name: 'gate' }] }),
    fine: [pod({ nodeName: 'node' }), pod({ schedulingGates: [{ name: 'gate' }] })],
  },
  {
    id: 'dns-policy-none-nameservers',
    refused: pod({ dnsPolicy: 'None', dnsConfig: { searches: ['a'] } }),
    fine: [
      pod({ dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'] } }),
      pod({ dnsConfig: { searches: ['a'] } }),
    ],
  },
  {
    id: 'dns-nameservers-number',
    refused: pod({ dnsConfig: { nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] } }),
    fine: [pod({ dnsConfig: { nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'] } })],
  },
  { id: 'dns-searches-number', refused: pod(searches(33, 5)), fine: [pod(searches(32, 5))] },
  { id: 'dns-searches-length', refused: pod(long(2049)), fine: [pod(long(2048))] },
  {
    id: 'host-network-sysctls',
    refused: pod({ hostNetwork: true, ...sysctl('net/ipv4/tcp_syncookies') }),
    fine: [
      pod({ hostNetwork: true, ...sysctl('kernel.shm_rmid_forced') }),
      pod(sysctl('net.ipv4.tcp_syncookies')),
      pod({ hostNetwork: true, ...sysctl('kernel/net.ipv4') }),
      pod({ hostNetwork: true, ...sysctl('kernel.a/net/ipv4') }),
    ],
  },
  {
    id: 'host-ipc-sysctls',
    refused: pod({ hostIPC: true, ...sysctl('fs.mqueue.msg_max') }),
    fine: [pod({ hostIPC: true, ...sysctl('net.ipv4.tcp_syncookies') }), pod(sysctl('kernel.shmmax'))],
  },
  {
    id: 'host-network-host-port',
    refused: web({ ports: [port(80, { hostPort: 81 })] }, { hostNetwork: true }),
    fine: [
      web({ ports: [port(80, { hostPort: 81 })] }),
      web({ ports: [port(80), port(81, { hostPort: 0 }), port(82, { hostPort: 82 })] }, { hostNetwork: true }),
      init({ ports: [port(80, { hostPort: 81 })], restartPolicy: 'Always' }, { hostNetwork: true }),
    ],
  },
  {
    id: 'host-port-twice',
    // In the node's network a port is a hostPort too.
    refusedToo: [
      pod({
        hostNetwork: true,
        containers: [
          { name: 'web', image, ports: [port(80, { hostPort: 80 })] },
          { name: 'proxy', image, ports: [port(80)] },
        ],
      }),
    ],
    refused: pod({
      containers: [
        { name: 'web', image, ports: [port(80, { hostPort: 80 })] },
        { name: 'proxy', image, ports: [port(81, { hostPort: 80, protocol: 'TCP' })] },
      ],
    }),
    fine: [
      pod({
        containers: [
          { name: 'web', image, ports: [port(80, { hostPort: 80 })] },
          { name: 'proxy', image, ports: [port(81, { hostPort: 80, protocol: 'UDP' })] },
        ],
      }),
      pod({
        containers: [
          { name: 'web', image, ports: [port(80, { hostPort: 0 })] },
          { name: 'proxy', image, ports: [port(80, { hostPort: 0 })] },
        ],
      }),
      web({
        ports: [port(80, { hostPort: 80, hostIP: '192.0.2.1' }), port(81, { hostPort: 80, hostIP: '192.0.2.2' })],
      }),
      pod({
        containers: [{ name: 'web', image, ports: [port(80, { hostPort: 80 })] }],
        initContainers: [{ name: 'proxy', image, ports: [port(81, { hostPort: 80 })], restartPolicy: 'Always' }],
      }),
    ],
  },
  {
    id: 'init-host-port-twice',
    refusedToo: [init({ ports: [port(80), port(80, { name: 'http' })] }, { hostNetwork: true })],
    refused: init({ ports: [port(80, { hostPort: 80 }), port(81, { hostPort: 80 })] }),
    fine: [
      init({ ports: [port(80, { hostPort: 80 }), port(81, { hostPort: 81 })] }),
      init({ ports: [port(80), port(80, { name: 'http' })] }),
    ],
  },
  {
    id: 'file-key-ref-volume',
    refused: web(
      {
        env: ['files', 'scratch', 'literal'].map((name) => ({
          name,
          ...(name === 'literal'
            ? { value: 'a' }
            : { valueFrom: { fileKeyRef: { volumeName: name, path: 'p', key: 'A' } } }),
        })),
      },
      { volumes: [volume('files', { configMap: { name: 'files' } }), volume('scratch', { emptyDir: {} })] },
    ),
    fine: [
      web(
        { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'files', path: 'p', key: 'A' } } }] },
        { volumes: [volume('files', { emptyDir: {} })] },
      ),
      web(
        { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'files', path: 'p', key: 'A' } } }] },
        { volumes: [volume('files', {})] },
      ),
      pod({ volumes: [volume('files', { configMap: { name: 'files' } })] }),
    ],
  },
  {
    id: 'volume-device-source',
    refused: web(
      { volumeDevices: [{ name: 'other', devicePath: '/dev/other' }, device] },
      { volumes: [volume('disk', { emptyDir: {} }), { ...claim, name: 'other' }] },
    ),
    fine: [
      web({ volumeDevices: [device] }, { volumes: [claim] }),
      web({ volumeDevices: [device] }, { volumes: [volume('disk', ephemeral)] }),
      pod({ volumes: [volume('disk', { emptyDir: {} })] }),
    ],
  },
  {
    id: 'ephemeral-volume-claim-name',
    refused: pod({
      volumes: [volume('scratch', ephemeral), volume('other', { persistentVolumeClaim: { claimName: 'web-scratch' } })],
    }),
    fine: [
      pod({
        volumes: [volume('scratch', ephemeral), volume('other', { persistentVolumeClaim: { claimName: 'web' } })],
      }),
      pod({ volumes: [volume('other', { persistentVolumeClaim: { claimName: 'web-scratch' } })] }),
    ],
  },
  {
    id: 'ephemeral-volume-name-length',
    refused: pod({ volumes: [volume('v'.repeat(60), ephemeral)] }, { name: podName }),
    fine: [
      pod({ volumes: [volume('v'.repeat(60), ephemeral)] }),
      pod({ volumes: [volume('v'.repeat(52), ephemeral)] }, { name: podName }),
    ],
  },
  {
    id: 'app-armor-annotation-container',
    refused: pod(
      {},
      annotations({
        'container.apparmor.security.beta.kubernetes.io/proxy': 'runtime/default',
        'container.apparmor.security.beta.kubernetes.io/web': 'runtime/default',
      }),
    ),
    fine: [pod({}, annotations({ 'container.apparmor.security.beta.kubernetes.io/web': 'runtime/default' }))],
  },
  {
    id: 'annotations-size',
    // One to four bytes a character: the last and the first of each length.
    refused: pod({}, annotations({ a: 'x'.repeat(262_128), b: '\u007f\u0080\u07ff\u0800\uffff\u{10000}' })),
    fine: [pod({}, annotations({ a: 'x'.repeat(262_127), b: '\u007f\u0080\u07ff\u0800\uffff\u{10000}' }))],
  },
  {
    id: 'privileged-no-privilege-escalation',
    refused: web(secure({ privileged: true, allowPrivilegeEscalation: false })),
    fine: [web(secure({ privileged: true })), web(secure({ allowPrivilegeEscalation: false }))],
  },
  {
    id: 'sys-admin-no-privilege-escalation',
    refused: web(secure({ capabilities: { add: ['CAP_SYS_ADMIN'] }, allowPrivilegeEscalation: false })),
    fine: [
      web(secure({ capabilities: { add: ['SYS_ADMIN'] }, allowPrivilegeEscalation: false })),
      web(secure({ capabilities: { add: ['CAP_SYS_ADMIN'] } })),
    ],
  },
  {
    id: 'proc-mount-host-users',
    refused: web(secure({ procMount: 'Unmasked' })),
    fine: [web(secure({ procMount: 'Unmasked' }), { hostUsers: false }), web(secure({ procMount: 'Default' }))],
  },
  {
    id: 'host-users-volume-devices',
    refused: web({ volumeDevices: [device] }, { hostUsers: false, volumes: [claim] }),
    fine: [web({ volumeDevices: [device] }, { volumes: [claim] }), pod({ hostUsers: false, volumes: [claim] })],
  },
  {
    id: 'bidirectional-mount-privileged',
    refused: web(
      { volumeMounts: [{ name: 'disk', mountPath: '/disk', mountPropagation: 'Bidirectional' }] },
      { volumes: [claim] },
    ),
    fine: [
      web(
        {
          volumeMounts: [{ name: 'disk', mountPath: '/disk', mountPropagation: 'Bidirectional' }],
          ...secure({ privileged: true }),
        },
        { volumes: [claim] },
      ),
      web(
        { volumeMounts: [{ name: 'disk', mountPath: '/disk', mountPropagation: 'HostToContainer' }] },
        { volumes: [claim] },
      ),
    ],
  },
  {
    id: 'port-name-twice',
    refused: web({ ports: [port(80, { name: 'http' }), port(81, { name: 'http' })] }),
    fine: [
      web({ ports: [port(80, { name: 'http' }), port(81)] }),
      web({ ports: [port(80, { name: '' }), port(81, { name: '' })] }),
    ],
  },
  {
    id: 'volume-device-and-mount',
    refused: web(
      { volumeDevices: [device], volumeMounts: [{ name: 'disk', mountPath: '/disk' }] },
      { volumes: [claim] },
    ),
    fine: [
      web({ volumeDevices: [device] }, { volumes: [claim] }),
      web({ volumeMounts: [{ name: 'disk', mountPath: '/disk' }] }, { volumes: [claim] }),
    ],
  },
  {
    id: 'volume-device-path-mount-path',
    refused: web(
      { volumeDevices: [device], volumeMounts: [{ name: 'files', mountPath: '/dev/disk' }] },
      { volumes: [claim, volume('files', { emptyDir: {} })] },
    ),
    fine: [
      web(
        { volumeDevices: [device], volumeMounts: [{ name: 'files', mountPath: '/dev/disk/' }] },
        { volumes: [claim, volume('files', { emptyDir: {} })] },
      ),
    ],
  },
  {
    id: 'volume-device-twice',
    refused: web({ volumeDevices: [device, { ...device, devicePath: '/dev/other' }] }, { volumes: [claim] }),
    fine: [web({ volumeDevices: [device] }, { volumes: [claim] })],
  },
  {
    id: 'post-start-sleep-grace-period',
    refused: web({ lifecycle: { postStart: sleep(31) } }),
    fine: [web({ lifecycle: { postStart: sleep(31) } }, { terminationGracePeriodSeconds: 31 })],
  },
  {
    id: 'pre-stop-sleep-grace-period',
    refused: web({ lifecycle: { preStop: sleep(10) } }, { terminationGracePeriodSeconds: 5 }),
    refusedToo: [
      web({ lifecycle: { preStop: sleep(1) } }, { terminationGracePeriodSeconds: 0 }),
      web({ lifecycle: { preStop: sleep(2) } }, { terminationGracePeriodSeconds: -1 }),
    ],
    fine: [
      web({ lifecycle: { preStop: sleep(5) } }, { terminationGracePeriodSeconds: 5 }),
      web({ lifecycle: { preStop: sleep(30) } }),
      web({ lifecycle: { preStop: sleep(1) } }, { terminationGracePeriodSeconds: -1 }),
    ],
  },
  {
    id: 'restart-policy-rules',
    refused: web({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }),
    fine: [
      web({
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
      }),
      web({ restartPolicy: 'Never' }),
    ],
  },
  {
    id: 'resize-policy-never',
    refused: web(
      { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
      { restartPolicy: 'Never' },
    ),
    fine: [
      web(
        { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
        { restartPolicy: 'OnFailure' },
      ),
      web({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }, { restartPolicy: 'Never' }),
    ],
  },
  {
    id: 'init-resize-policy',
    refused: init({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }),
    fine: [
      init({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }], restartPolicy: 'Always' }),
      init({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }),
    ],
  },
  ...Object.entries({
    lifecycle: { preStop: sleep(1) },
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
  }).map(([name, value]): IncompatibleCase => ({
    id: `init-${name.replace('Probe', '-probe')}`,
    refused: init({ [name]: value }),
    fine: [init({ [name]: value, restartPolicy: 'Always' }), init({}), web({ [name]: value })],
  })),
  {
    id: 'app-armor-annotation',
    refused: web(
      secure({ appArmorProfile: { type: 'Unconfined' } }),
      {},
      annotations({ 'container.apparmor.security.beta.kubernetes.io/web': 'runtime/default' }),
    ),
    fine: [
      web(
        secure({ appArmorProfile: { type: 'Unconfined' } }),
        {},
        annotations({ 'container.apparmor.security.beta.kubernetes.io/web': 'unconfined' }),
      ),
      web(
        secure({ appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } }),
        {},
        annotations({ 'container.apparmor.security.beta.kubernetes.io/web': 'localhost/x' }),
      ),
      web(
        secure({ appArmorProfile: { type: 'RuntimeDefault' } }),
        {},
        annotations({ 'container.apparmor.security.beta.kubernetes.io/web': 'runtime/default' }),
      ),
      pod(
        secure({ appArmorProfile: { type: 'Unconfined' } }),
        annotations({ 'container.apparmor.security.beta.kubernetes.io/web': 'runtime/default' }),
      ),
    ],
  },
  {
    id: 'seccomp-annotation',
    refused: web(
      secure({ seccompProfile: { type: 'Localhost', localhostProfile: 'x' } }),
      {},
      annotations({ 'container.seccomp.security.alpha.kubernetes.io/web': 'localhost/y' }),
    ),
    fine: [
      web(
        secure({ seccompProfile: { type: 'RuntimeDefault' } }),
        {},
        annotations({ 'container.seccomp.security.alpha.kubernetes.io/web': 'docker/default' }),
      ),
      web({}, {}, annotations({ 'container.seccomp.security.alpha.kubernetes.io/web': 'localhost/y' })),
    ],
  },
  {
    id: 'pod-seccomp-annotation',
    refused: pod(
      secure({ seccompProfile: { type: 'RuntimeDefault' } }),
      annotations({ 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }),
    ),
    fine: [
      pod(
        secure({ seccompProfile: { type: 'Unconfined' } }),
        annotations({ 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }),
      ),
      pod({}, annotations({ 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' })),
    ],
  },
  ...windowsPodFields.map(([id, spec]): IncompatibleCase => ({
    id: `os-windows-pod-${id}`,
    refused: pod({ ...windows, ...spec }),
    fine: [pod(windows), pod(spec), pod({ ...linux, ...spec })],
  })),
  ...windowsContainerFields.map(([id, securityContext]): IncompatibleCase => ({
    id: `os-windows-${id}`,
    refused: web({ securityContext }, windows),
    fine: [web({ securityContext }), web({ securityContext: {} }, windows)],
  })),
  {
    id: 'os-linux-pod-windows-options',
    refused: pod({ ...linux, ...secure({ windowsOptions: {} }) }),
    fine: [pod(secure({ windowsOptions: {} })), pod({ ...windows, ...secure({ windowsOptions: {} }) })],
  },
  {
    id: 'os-linux-windows-options',
    refused: web(secure({ windowsOptions: {} }), linux),
    fine: [web(secure({ windowsOptions: {} })), web(secure({ windowsOptions: {} }), windows)],
  },
  {
    id: 'stop-signal-os',
    refused: web(stopSignal('SIGHUP')),
    fine: [web(stopSignal('SIGHUP'), linux)],
  },
  {
    id: 'stop-signal-windows',
    refused: web(stopSignal('SIGHUP'), windows),
    fine: [web(stopSignal('SIGTERM'), windows), web(stopSignal('SIGKILL'), windows)],
  },
  {
    id: 'windows-host-process-differs',
    refused: web(hostProcess(false), { ...windows, hostNetwork: true, ...hostProcess(true) }),
    fine: [
      web(hostProcess(true), { ...windows, hostNetwork: true, ...hostProcess(true) }),
      web(hostProcess(false), { ...windows, ...hostProcess(false) }),
    ],
  },
  {
    id: 'windows-host-process-some',
    refused: pod({
      ...windows,
      hostNetwork: true,
      containers: [
        { name: 'web', image, ...hostProcess(true) },
        { name: 'proxy', image },
      ],
    }),
    fine: [
      pod({
        ...windows,
        hostNetwork: true,
        ...hostProcess(true),
        containers: [
          { name: 'web', image, ...hostProcess(true) },
          { name: 'proxy', image },
        ],
      }),
    ],
  },
  {
    id: 'windows-host-process-host-network',
    refused: web(hostProcess(true), windows),
    fine: [web(hostProcess(true), { ...windows, hostNetwork: true })],
  },
  {
    id: 'requests-above-limits',
    refused: web(resources({ cpu: '1' }, { cpu: '1001m' })),
    fine: [web(resources({ cpu: '1' }, { cpu: '1000m' })), web(resources(undefined, { cpu: '1001m' }))],
  },
  {
    id: 'requests-unlike-limits',
    refused: web(resources({ 'example.test/gpu': 2 }, { 'example.test/gpu': 1 })),
    fine: [
      web(resources({ 'example.test/gpu': 2 }, { 'example.test/gpu': '2' })),
      web(resources({ 'example.test/gpu': 2 })),
    ],
  },
  {
    id: 'hugepages-alone',
    refused: web(resources({ 'example.test/gpu': 1, 'hugepages-2Mi': '4Mi' })),
    fine: [
      web(resources({ 'hugepages-2Mi': '4Mi', memory: '1Gi' })),
      web(resources({ 'hugepages-2Mi': '4Mi' }, { cpu: 1 })),
    ],
  },
  {
    id: 'pod-requests-above-limits',
    refused: pod(resources({ cpu: '1' }, { cpu: '2' })),
    fine: [pod(resources({ cpu: '2' }, { cpu: '2' })), pod(resources(undefined, { cpu: '2' }))],
  },
  {
    id: 'pod-requests-unlike-limits',
    refused: pod(resources({ cpu: '1', 'hugepages-2Mi': '4Mi' }, { 'hugepages-2Mi': '2Mi' })),
    fine: [pod(resources({ cpu: '1', 'hugepages-2Mi': '4Mi' }, { 'hugepages-2Mi': '4Mi' }))],
  },
  {
    id: 'pod-requests-below-containers',
    refused: web(resources({ cpu: '300m' }), {
      ...resources(undefined, { cpu: '500m', memory: '1Gi' }),
      initContainers: [
        { name: 'proxy', image, restartPolicy: 'Always', ...resources(undefined, { cpu: '100m' }) },
        { name: 'setup', image, ...resources(undefined, { cpu: '401m' }) },
      ],
    }),
    fine: [
      web(resources({ cpu: '300m' }), {
        ...resources(undefined, { cpu: '500m' }),
        initContainers: [
          { name: 'proxy', image, restartPolicy: 'Always', ...resources(undefined, { cpu: '100m' }) },
          { name: 'setup', image, ...resources(undefined, { cpu: '400m' }) },
        ],
      }),
      web(resources(undefined, { memory: '1Gi' }), resources(undefined, { cpu: '500m' })),
    ],
  },
  {
    id: 'pod-limits-below-requests',
    refused: web(resources(undefined, { cpu: '600m' }), {
      ...resources({ cpu: '1', memory: '1Gi' }),
      initContainers: [{ name: 'proxy', image, restartPolicy: 'Always', ...resources(undefined, { cpu: '600m' }) }],
    }),
    fine: [
      pod({
        ...resources({ cpu: '1' }),
        containers: [
          { name: 'web', image, ...resources(undefined, { cpu: '600m' }) },
          { name: 'proxy', image, ...resources(undefined, { cpu: '400m' }) },
        ],
      }),
      web(resources(undefined, { cpu: '600m' }), {
        ...resources({ cpu: '1' }),
        initContainers: [{ name: 'setup', image, ...resources(undefined, { cpu: '600m' }) }],
      }),
      web(resources(undefined, { memory: '1Gi' }), resources({ cpu: '1' })),
      web(resources(undefined, { cpu: '600m' }), resources({ cpu: '1' }, { cpu: '600m' })),
    ],
  },
  {
    id: 'pod-limits-below-container',
    refused: web(resources({ cpu: '2' }, { cpu: '1' }), resources({ cpu: '1' })),
    fine: [
      web(resources({ cpu: '1' }), resources({ cpu: '1' })),
      init({ restartPolicy: 'Always', ...resources({ cpu: '2' }, { cpu: '1' }) }, resources({ cpu: '1' })),
    ],
  },
  {
    id: 'pod-hugepages-below-containers',
    refused: web(resources({ 'hugepages-2Mi': '2Mi', memory: '1Gi' }), {
      ...resources({ 'hugepages-2Mi': '2Mi', memory: '2Gi' }),
      initContainers: [
        { name: 'proxy', image, restartPolicy: 'Always', ...resources({ 'hugepages-2Mi': '2Mi', memory: '1Gi' }) },
      ],
    }),
    fine: [
      web(resources({ 'hugepages-2Mi': '2Mi', memory: '1Gi' }), {
        ...resources({ 'hugepages-2Mi': '2Mi', memory: '2Gi' }),
        initContainers: [{ name: 'setup', image, ...resources({ 'hugepages-2Mi': '2Mi', memory: '1Gi' }) }],
      }),
      web(resources({ 'hugepages-2Mi': '4Mi', memory: '1Gi' }), resources({ 'hugepages-2Mi': '4Mi', memory: '1Gi' })),
    ],
  },
  {
    id: 'resource-claim-missing',
    refused: web(
      { resources: { claims: [{ name: 'net' }, { name: 'gpu' }] } },
      { resourceClaims: [{ name: 'net', resourceClaimTemplateName: 'net' }] },
    ),
    fine: [
      web(
        { resources: { claims: [{ name: 'gpu' }] } },
        { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] },
      ),
      pod({ resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] }),
    ],
  },
];
