import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isObject, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

/** A port that a container listens on. */
interface Listener {
  readonly container: string;
  readonly field: FieldPath;
  readonly port: number;
  readonly protocol: string;
  /** 0 where the node's port isn't used. */
  readonly hostPort: number;
  readonly hostIP: string;
}

/** Two that want the same port. */
export interface PortClash {
  /**
   * `node`: of the node, or of the host network: one of the two never gets it. Kubernetes refuses that among containers,
   * and only warns of a native sidecar; §7 makes no difference, as a template's sidecar is the one here and the other there.
   * `pod`: they share the pod's network, and one will fail.
   */
  readonly kind: 'node' | 'pod';
  readonly port: number;
  /** Twice the same one where a container wants one port of the node for two of its own. */
  readonly containers: readonly [string, string];
  /** Of the node, that they ask for it on; empty: on each. */
  readonly hostIPs: readonly [string, string];
  /** The later one. */
  readonly field: FieldPath;
}

/** What listens on one port, native sidecars included; in the order of the pod (specification §7). */
export function portClashes(spec: JsonObject): readonly PortClash[] {
  const hostNetwork = field(spec, 'hostNetwork') === true;
  const listeners = [
    ...listenersOf(spec, 'containers', hostNetwork),
    ...listenersOf(spec, 'initContainers', hostNetwork),
  ];
  const inPod = new Map<string, Listener>();
  const onNode = new Map<string, Listener[]>();
  const clashes: PortClash[] = [];
  for (const listener of listeners) {
    const { port, protocol, hostPort, hostIP, container } = listener;
    const nodePort = `${hostPort}/${protocol}`;
    const onSameNodePort = onNode.get(nodePort);
    const taken =
      onSameNodePort?.find((other) => other.hostIP === hostIP) ??
      onSameNodePort?.find((other) => isAny(other.hostIP) || isAny(hostIP));
    const shared = inPod.get(`${port}/${protocol}`);
    if (hostPort > 0 && taken !== undefined) {
      const hostIPs = [taken.hostIP, hostIP] as const;
      clashes.push({
        kind: 'node',
        port: hostPort,
        containers: [taken.container, container],
        hostIPs,
        field: listener.field,
      });
    } else if (shared !== undefined && shared.container !== container) {
      clashes.push({
        kind: 'pod',
        port,
        containers: [shared.container, container],
        hostIPs: ['', ''],
        field: listener.field,
      });
    }
    if (shared === undefined) inPod.set(`${port}/${protocol}`, listener);
    if (hostPort === 0) continue;
    if (onSameNodePort === undefined) onNode.set(nodePort, [listener]);
    else onSameNodePort.push(listener);
  }
  return clashes;
}

function isAny(ip: string): boolean {
  return ip === '' || ip === '0.0.0.0' || ip === '::';
}

function listenersOf(spec: JsonObject, list: string, hostNetwork: boolean): readonly Listener[] {
  const found: Listener[] = [];
  arrayField(spec, list).forEach((container, index) => {
    // An ordinary init container has ended when the next one starts.
    if (list === 'initContainers' && stringField(container, 'restartPolicy') !== 'Always') return;
    arrayField(container, 'ports').forEach((port, portIndex) => {
      const listener = toListener(port, hostNetwork);
      if (listener === undefined) return;
      found.push({
        ...listener,
        container: stringField(container, 'name') ?? '',
        field: ['spec', list, index, 'ports', portIndex],
      });
    });
  });
  return found;
}

function toListener(port: Json, hostNetwork: boolean): Omit<Listener, 'container' | 'field'> | undefined {
  const number = field(port, 'containerPort');
  if (!isObject(port) || typeof number !== 'number') return undefined;
  const hostPort = field(port, 'hostPort');
  return {
    port: number,
    protocol: stringField(port, 'protocol') ?? 'TCP',
    hostPort: typeof hostPort === 'number' && hostPort > 0 ? hostPort : hostNetwork ? number : 0,
    hostIP: stringField(port, 'hostIP') ?? '',
  };
}
