/** Where a row of the contract (its §§2, 3, 5) is shown. */
export interface Row {
  readonly id: string;
  /** The row in short. */
  readonly what: string;
  /** Files below test/ with tests that name the id; those in `faults/` run against the real process. */
  readonly shownBy: readonly string[];
  /** Why not, or not only, here. */
  readonly elsewhere?: string;
}

function row(id: string, what: string, shownBy: readonly string[], elsewhere?: string): Row {
  return { id, what, shownBy, ...(elsewhere !== undefined && { elsewhere }) };
}

const bodies = 'faults/bodies.test.ts';
const pods = 'faults/pods.test.ts';
const clients = 'faults/clients.test.ts';
const slow = 'faults/slow.test.ts';
const process = 'faults/process.test.ts';
const secrets = 'faults/secrets.test.ts';
const templates = 'faults/templates.test.ts';
const prototype = 'faults/prototype.test.ts';
const tls = 'faults/tls.test.ts';
const needsCluster = 'needs an API server: npm run test:cluster';
const needsReplicas = 'needs replicas and an API server that moves between them: npm run test:cluster and the drills';
const needsChart = 'a property of the chart';

/** The fault table: each bad input and fault of the contract, and the requirements that go with it. */
export const faults: readonly Row[] = [
  row('T1', 'other methods, unknown paths', [bodies]),
  row('T2', 'other media types, charsets, encodings', [bodies]),
  row('T3', 'bodies that are no JSON object', [bodies]),
  row('T4', 'bodies that are too large, endless, or lie about their length', [bodies, slow]),
  row('T5', '300,000 levels', [bodies]),
  row('T6', 'no request, no uid, a strange uid', [bodies]),
  row('T7', 'v1beta1, another kind', [bodies]),
  row('T8', 'not the creation of a pod', [pods]),
  row('T9', 'objects that are no pods', [pods]),
  row('T10', 'generateName alone', [pods]),
  row('T11', 'metadata.namespace that differs', [pods]),
  row('T12', 'annotations absent, null, with / and ~', [pods]),
  row('T13', '__proto__, constructor and their kin', [prototype, templates, 'properties/hostile.test.ts']),
  row('T14', 'container names that are there twice', [pods]),
  row('T15', 'a container of the injected name', [pods]),
  row('T16', 'its own output', [pods]),
  row('T17', 'a forged mark', [pods]),
  row('T18', 'a mark of an older generation', [pods]),
  row('T19', 'its own output after meshes, LimitRange and token mounts', [pods]),
  row('T20', 'two templates that differ', [pods]),
  row('T21', 'a reusable pod that names a template', [pods]),
  row('T22', 'a template that is absent', [pods]),
  row('T23', 'templates that change meanwhile', ['server/reviews.test.ts']),
  row('T24', 'pods of the system', [pods]),
  row('T25', 'Windows', [pods]),
  row('T26', 'many containers, env, bytes', [pods]),
  row('T27', 'fields of the future', [pods]),
  row('T28', 'numbers beyond 2^53, odd quantities', [pods]),
  row('T29', 'half surrogates, emoji, right to left', [pods, 'admission/bounds.test.ts']),
  row('T30', 'long and wild texts in a refusal', [pods]),
  row('T31', 'many warnings', [pods, 'admission/bounds.test.ts']),
  row('T32', 'a dry run', [pods]),
  row('T33', 'clients that go away', [clients]),
  row('T34', 'the timeout query', [pods]),
  row('T35', 'a handler that throws', [process, 'server/reviews.test.ts']),
  row('T36', 'a patch that the self-check refuses', [process, 'server/reviews.test.ts']),
  row(
    'T37',
    'a call before everything has been read',
    ['server/reviews.test.ts'],
    `with a real cache it ${needsCluster}`,
  ),
  row('T38', 'a thousand at once', [clients]),
  row('T39', 'a thousand slow ones', [slow]),
  row('T40', 'what TLS refuses', [tls, slow]),
  row('T41', 'certificate files that are no pair', [tls, 'certs/certificate-files.test.ts']),
  row('T42', 'the Secret is deleted', [], needsCluster),
  row('T43', 'the caBundle is wiped', [], needsCluster),
  row('T44', 'replicas start on an empty Secret', [], needsCluster),
  row('T45', 'clocks', [process, 'certs/development-certificate.test.ts']),
  row('T46', 'the API server is away', [], needsCluster),
  row('T47', 'watches that end badly', [], needsCluster),
  row('T48', 'a list that expires', [], needsCluster),
  row('T49', 'SIGTERM under load', [process, 'server/lifecycle.test.ts']),
  row('T50', 'SIGKILL of one of three', [], needsReplicas),
  row('T51', 'packets that are dropped', [], needsCluster),
  row('T52', 'an API server without matchConditions', [], needsChart),
  row(
    'T53',
    'a namespace that is not in the cache',
    ['server/reviews.test.ts'],
    `with a real cache it ${needsCluster}`,
  ),
  row('T54', 'SubjectAccessReviews that fail', [], needsCluster),
  row('T55', 'templates that must not be registered', [templates]),
  row('T56', 'labels of metrics that pods could make grow', ['faults/metrics.test.ts']),
  row(
    'R1',
    'ready only when all has been read',
    ['server/reviews.test.ts'],
    `the order of reflectors and probes ${needsCluster}`,
  ),
  row('R2', '503 before that', ['server/reviews.test.ts']),
  row('R3', 'alive means that the event loop turns', ['server/lifecycle.test.ts']),
  row('R4', 'what makes it not ready', ['server/lifecycle.test.ts', process]),
  row('R5', 'missing rights are said in a line', [], needsCluster),
  row('R6', 'a self-test through the API server', [], needsCluster),
  row('R7', 'the drain', [process, 'server/lifecycle.test.ts']),
  row('R8', 'the grace period', [], needsChart),
  row('R9', 'the rolling update', [], needsReplicas),
  row('R10', 'limits of the HTTP server', [clients, bodies]),
  row('R35', 'the cap on reviews at once', [clients]),
  row('R36', 'caps on what a graft makes', ['admission/mutate-pods.test.ts']),
  row('R37', 'no request ends the process', [process]),
  row('S11', 'depth, hostile keys', [bodies, prototype]),
  row('S12', 'fast-json-patch', [templates, prototype]),
  row('S13', 'node-forge', [templates]),
  row('S14', 'YAML', [bodies, templates]),
  row('S15', 'patterns and long texts', [pods]),
  row('S16', 'slow connections', [slow, clients]),
  row('S17', 'versions, ciphers, renegotiation, tickets', [tls]),
  row('S24', 'no contents in log, answers, metrics', [secrets]),
  row('S25', 'refusals that are clean and short', [secrets, pods]),
];
