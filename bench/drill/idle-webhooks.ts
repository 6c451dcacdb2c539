import { configurationsPath, describeConfiguration } from '../../src/cluster/webhook-configurations.ts';
import type { ConfigurationName } from '../../src/cluster/webhook-configurations.ts';
import type { JsonObject } from '../../src/core/json.ts';

export const configurationTypes = ['mutating', 'validating'] as const satisfies readonly ConfigurationName['type'][];

/** Where a webhook configuration is. */
export function configurationPath({ type, name }: ConfigurationName): string {
  return `${configurationsPath(type)}/${name}`;
}

/** A configuration of two webhooks whose caBundles are to be kept, and that nobody is asked by. */
export function idleConfiguration(configuration: ConfigurationName, clientConfig: JsonObject): JsonObject {
  const webhook = (name: string): JsonObject => ({
    name: `${name}.podgraft.dev`,
    clientConfig,
    rules: [{ apiGroups: ['podgraft.dev'], apiVersions: ['v0'], resources: ['drills'], operations: ['CREATE'] }],
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
  });
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: describeConfiguration(configuration).split(' ')[0] ?? '',
    metadata: { name: configuration.name },
    webhooks: [webhook('first'), webhook('second')],
  };
}
