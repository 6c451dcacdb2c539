import type { JsonObject } from '../../../src/core/json.ts';

/** A pod's spec, of container `main` unless it says others, in which types stand with all that is optional left out. */
export interface SparsePod {
  readonly name: string;
  readonly spec: JsonObject;
  readonly metadata?: JsonObject;
}

const digest = `app@sha256:${'a'.repeat(64)}`;
const template = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

const sources: Readonly<Record<string, JsonObject>> = {
  'no source': {},
  emptyDir: { emptyDir: {} },
  secret: { secret: { secretName: 's' } },
  configMap: { configMap: { name: 'c' } },
  hostPath: { hostPath: { path: '/x' } },
  downwardAPI: {
    downwardAPI: {
      items: [
        { path: 'a', fieldRef: { fieldPath: 'metadata.name' } },
        { path: 'b', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
      ],
    },
  },
  projected: {
    projected: {
      sources: [
        { secret: { name: 's' } },
        { configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
        { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
        { serviceAccountToken: { path: 't' } },
        { clusterTrustBundle: { name: 'x', path: 'b' } },
        { podCertificate: { signerName: 'example.test/x', keyType: 'ED25519', keyPath: 'k' } },
      ],
    },
  },
  'image without a tag': { image: { reference: 'app' } },
  'image with a tag': { image: { reference: 'app:1' } },
  'image with a digest': { image: { reference: digest } },
  azureDisk: { azureDisk: { diskName: 'd', diskURI: 'https://x/y.vhd' } },
  azureFile: { azureFile: { secretName: 's', shareName: 'x' } },
  rbd: { rbd: { image: 'i', monitors: ['m'] } },
  iscsi: { iscsi: { iqn: 'iqn.2000-01.test.example:x', targetPortal: '192.0.2.1', lun: 0 } },
  scaleIO: { scaleIO: { gateway: 'g', system: 's', secretRef: { name: 'x' }, volumeName: 'v' } },
  ephemeral: { ephemeral: { volumeClaimTemplate: { spec: template } } },
  persistentVolumeClaim: { persistentVolumeClaim: { claimName: 'c' } },
  csi: { csi: { driver: 'x.example.test' } },
  nfs: { nfs: { server: 's', path: '/p' } },
};

const containers: Readonly<Record<string, JsonObject>> = {
  ports: { ports: [{ containerPort: 80 }, { containerPort: 81, protocol: 'UDP' }] },
  probes: {
    livenessProbe: { httpGet: { port: 80 } },
    readinessProbe: { grpc: { port: 80 } },
    startupProbe: { tcpSocket: { port: 80 } },
  },
  lifecycle: { lifecycle: { postStart: { httpGet: { port: 80 } }, preStop: { sleep: { seconds: 1 } } } },
  env: {
    env: [
      { name: 'A' },
      { name: 'B', value: '' },
      { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'F', valueFrom: { fileKeyRef: { volumeName: 'e', path: 'p', key: 'K' } } },
    ],
    envFrom: [{ configMapRef: { name: 'x' } }, { secretRef: { name: 'x' } }],
  },
  'a token of its own': { volumeMounts: [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] },
  securityContext: { securityContext: { capabilities: {}, seccompProfile: { type: 'RuntimeDefault' } } },
  'limits only': { resources: { limits: { cpu: '1', memory: '1Gi', 'example.test/gpu': '1' } } },
  'requests only': { resources: { requests: { cpu: '1' } } },
  'values that say nothing': {
    command: [],
    args: null,
    tty: false,
    workingDir: '',
    resources: {},
    env: [],
    volumeMounts: null,
    lifecycle: null,
  },
};

const images = [
  'app',
  'app:1',
  'app:latest',
  digest,
  `app:latest@sha256:${'a'.repeat(64)}`,
  'host:5000/app',
  'host:5000/app:1',
];

const pods: readonly SparsePod[] = [
  { name: 'nothing', spec: {} },
  { name: 'no token', spec: { automountServiceAccountToken: false } },
  { name: 'an account', spec: { serviceAccountName: 'default' } },
  {
    name: 'ports under hostNetwork',
    spec: { hostNetwork: true, containers: [{ name: 'main', image: 'app:1', ports: [{ containerPort: 80 }] }] },
  },
  {
    name: 'init containers',
    spec: {
      initContainers: [
        { name: 'i', image: 'app' },
        { name: 's', image: 'app:1', restartPolicy: 'Always' },
      ],
    },
  },
  {
    name: 'tolerations',
    spec: {
      tolerations: [
        { key: 'a', value: 'b' },
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
      ],
    },
  },
  {
    name: 'much of a pod',
    spec: {
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
      dnsConfig: { options: [{ name: 'x' }] },
      hostAliases: [{ ip: '192.0.2.1' }],
      readinessGates: [{ conditionType: 'a' }],
      schedulingGates: [{ name: 'g' }],
      securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '1' }] },
      os: { name: 'linux' },
      imagePullSecrets: [{ name: 'x' }],
      terminationGracePeriodSeconds: 0,
      enableServiceLinks: false,
    },
  },
];

/** Together they hold each default of `apiDefaults`. */
export const podsWithEachDefault: readonly SparsePod[] = [
  ...pods,
  ...Object.entries(sources).map(([name, source]) => ({
    name: `volume: ${name}`,
    spec: { volumes: [{ name: 'v', ...source }] },
  })),
  ...Object.entries(containers).map(([name, fields]) => ({
    name: `container: ${name}`,
    spec: { containers: [{ name: 'main', image: 'app:1', ...fields }] },
  })),
  ...images.map((image) => ({ name: `image: ${image}`, spec: { containers: [{ name: 'main', image }] } })),
];
