import { describe, expect, test } from 'vitest';
import { portClashes } from '../../../src/core/graft/ports.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';

const container = (name: string, ...ports: readonly Json[]): JsonObject => ({ name, ports });
const port = (containerPort: number, more: JsonObject = {}): JsonObject => ({ containerPort, ...more });
const onNode = (hostPort: number, hostIP?: string): JsonObject => ({
  containerPort: 1000 + hostPort,
  hostPort,
  ...(hostIP === undefined ? {} : { hostIP }),
});
const of = (...containers: readonly JsonObject[]): JsonObject => ({ containers });

/** Each clash in a line: on what, between whom, and where the second of them stands. */
function clashes(spec: JsonObject): readonly string[] {
  return portClashes(spec).map(
    ({ kind, port: number, containers, field }) => `${kind} ${number}: ${containers.join(', ')} at ${field.join('.')}`,
  );
}

describe('what listens on one port', () => {
  test.each<{ what: string; spec: JsonObject; found: readonly string[] }>([
    { what: 'different ports', spec: of(container('a', port(80)), container('b', port(81))), found: [] },
    {
      what: 'one port in two containers',
      spec: of(container('a', port(79), port(80)), container('b', port(81), port(80))),
      found: ['pod 80: a, b at spec.containers.1.ports.1'],
    },
    {
      what: 'one port in three: each with the first',
      spec: of(container('a', port(80)), container('b', port(80)), container('c', port(80))),
      found: ['pod 80: a, b at spec.containers.1.ports.0', 'pod 80: a, c at spec.containers.2.ports.0'],
    },
    {
      what: 'TCP is the protocol where none is said',
      spec: of(container('a', port(80, { protocol: 'TCP' })), container('b', port(80))),
      found: ['pod 80: a, b at spec.containers.1.ports.0'],
    },
    {
      what: 'different protocols',
      spec: of(container('a', port(80, { protocol: 'UDP' })), container('b', port(80))),
      found: [],
    },
    { what: 'one container twice', spec: of(container('a', port(80), port(80, { name: 'x' }))), found: [] },
    {
      what: 'one port of the node, of one container too',
      spec: of(
        container('a', onNode(9), { ...onNode(9), containerPort: 80 }),
        container('b', port(80, { hostPort: 9 })),
      ),
      found: ['node 9: a, a at spec.containers.0.ports.1', 'node 9: a, b at spec.containers.1.ports.0'],
    },
    {
      what: 'one port of the node, by different protocols',
      spec: of(container('a', onNode(9)), container('b', { ...onNode(9), containerPort: 80, protocol: 'UDP' })),
      found: [],
    },
    {
      what: 'one port of different addresses',
      spec: of(
        container('a', onNode(9, '192.0.2.1')),
        container('b', { ...onNode(9, '192.0.2.2'), containerPort: 80 }),
      ),
      found: [],
    },
    {
      what: 'of the same address as the second',
      spec: of(
        container('a', onNode(9, '192.0.2.1')),
        container('b', { ...onNode(9, '192.0.2.2'), containerPort: 80 }),
        container('c', { ...onNode(9, '192.0.2.2'), containerPort: 81 }),
      ),
      found: ['node 9: b, c at spec.containers.2.ports.0'],
    },
    ...[undefined, '', '0.0.0.0', '::'].map((any) => ({
      what: `of an address and of all, written as ${any}`,
      spec: of(container('a', onNode(9, '192.0.2.1')), container('b', { ...onNode(9, any), containerPort: 80 })),
      found: ['node 9: a, b at spec.containers.1.ports.0'],
    })),
    {
      what: 'of all, and of an address behind it',
      spec: of(container('a', onNode(9)), container('b', { ...onNode(9, '192.0.2.1'), containerPort: 80 })),
      found: ['node 9: a, b at spec.containers.1.ports.0'],
    },
    {
      what: 'whoever has the very address, before whoever has all',
      spec: of(
        container('a', onNode(9, '0.0.0.0')),
        container('b', { ...onNode(9, '192.0.2.1'), containerPort: 80 }),
        container('c', { ...onNode(9, '192.0.2.1'), containerPort: 81 }),
      ),
      found: ['node 9: a, b at spec.containers.1.ports.0', 'node 9: b, c at spec.containers.2.ports.0'],
    },
    {
      what: 'in the network of the node every port is one of the node',
      spec: { hostNetwork: true, ...of(container('a', port(80)), container('b', port(80, { hostPort: 0 }))) },
      found: ['node 80: a, b at spec.containers.1.ports.0'],
    },
    {
      what: 'a hostPort of 0 is none elsewhere',
      spec: of(container('a', port(80, { hostPort: 0 })), container('b', port(81, { hostPort: 0 }))),
      found: [],
    },
    {
      what: 'a native sidecar',
      spec: {
        ...of(container('a', port(80))),
        initContainers: [{ ...container('s', port(80)), restartPolicy: 'Always' }],
      },
      found: ['pod 80: a, s at spec.initContainers.0.ports.0'],
    },
    {
      what: 'no init container that has ended by then',
      spec: { ...of(container('a', port(80))), initContainers: [container('s', port(80))] },
      found: [],
    },
    {
      what: 'what is no port is passed over',
      spec: of(container('a', 'x', null, { containerPort: '80' }), container('b', port(80), { containerPort: '80' })),
      found: [],
    },
    {
      what: 'a hostPort that is no number is none',
      spec: of(container('a', port(80, { hostPort: '9' })), container('b', port(81, { hostPort: '9' }))),
      found: [],
    },
  ])('$what', ({ spec, found }) => {
    expect(clashes(spec)).toEqual(found);
  });
});
