/** The ways of grafting that are held against each other: by nobody, by a policy in the API server, by a webhook in Go, by podgraft. */
export const ways = ['none', 'policy', 'go', 'podgraft'] as const;
export type Way = (typeof ways)[number];

/** Where pods are grafted that way: which one it is, the API server tells by the namespace. */
export function namespaceOf(way: Way): string {
  return `latency-${way}`;
}
