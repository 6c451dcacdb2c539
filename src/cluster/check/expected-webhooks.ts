import { foreignKeys, keys } from '../../core/keys.ts';

/** A webhook as the chart writes it (specification §11). */
export interface ExpectedWebhook {
  readonly name: string;
  readonly path: string;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly timeoutSeconds: number;
  /** The expressions of its matchConditions. */
  readonly conditions: readonly string[];
  /** Whether it looks at covered namespaces only. */
  readonly isForCovered: boolean;
}

const isMirrorPod = `has(object.metadata.annotations) && '${foreignKeys.mirror}' in object.metadata.annotations`;
const namesTemplates =
  `(has(object.metadata.labels) && '${keys.template}' in object.metadata.labels) || ` +
  `(has(object.metadata.annotations) && '${keys.templates}' in object.metadata.annotations)`;

/** The two webhooks that a release has. A test holds them against what the chart renders. */
export const expectedWebhooks: readonly ExpectedWebhook[] = [
  {
    name: 'named.podgraft.dev',
    path: '/mutate/pods',
    failurePolicy: 'Fail',
    timeoutSeconds: 3,
    conditions: [`!(${isMirrorPod})`, namesTemplates],
    isForCovered: false,
  },
  {
    name: 'matched.podgraft.dev',
    path: '/mutate/pods/matched',
    failurePolicy: 'Ignore',
    timeoutSeconds: 2,
    conditions: [`!(${isMirrorPod})`, `!(${namesTemplates})`],
    isForCovered: true,
  },
];

/** Namespaces that no webhook of ours looks at, besides podgraft's own. */
export const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease'];
