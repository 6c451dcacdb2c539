import { X509Certificate, createPublicKey } from 'node:crypto';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { issueCa, issueLeaf } from '../../src/certs/issue.ts';
import { isCertificatePair, readCertificates } from '../../src/cluster/certificate-facts.ts';
import { manageCertificates } from '../../src/cluster/certificates.ts';
import type { CertificateOptions, CertificateStep } from '../../src/cluster/certificates.ts';
import { seededRandom } from '../../src/cluster/jitter.ts';
import { startReflector } from '../../src/cluster/reflector.ts';
import { oneObject } from '../../src/cluster/watched-kind.ts';
import { configurationsPath } from '../../src/cluster/webhook-configurations.ts';
import { arrayField, field, objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { clientOf, startFakeApiServer } from '../support/fake-api-server.ts';
import type { FakeApiServer } from '../support/fake-api-server.ts';
import { until } from '../support/until.ts';

const secrets = '/api/v1/secrets';
const mutating = configurationsPath('mutating');
const validating = configurationsPath('validating');
const service = 'podgraft.p.svc';
const ours = { service: { namespace: 'p', name: 'podgraft', path: '/mutate/pods' } };

/** A cluster as the chart leaves it: an empty Secret, two configurations without caBundle, one webhook of somebody else. */
async function serverWithChart(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  server.apply(secrets, {
    kind: 'Secret',
    metadata: { namespace: 'p', name: 's', labels: { a: 'b' } },
    type: 'Opaque',
  });
  server.apply(mutating, {
    metadata: { name: 'm' },
    webhooks: [
      { name: 'named', clientConfig: ours },
      { name: 'theirs', clientConfig: { service: { namespace: 'p', name: 'other' }, caBundle: 'dGhlaXJz' } },
      { name: 'matched', clientConfig: ours },
    ],
  });
  server.apply(validating, {
    metadata: { name: 'v' },
    webhooks: [{ name: 'x', clientConfig: { url: `https://${service}:443/x` } }],
  });
  return server;
}

interface Replica {
  readonly steps: readonly CertificateStep[];
  readonly problems: readonly (string | undefined)[];
  readonly drifts: () => number;
  readonly leaf: () => { readonly cert: string; readonly key: string } | undefined;
  readonly certificates: ReturnType<typeof manageCertificates>;
}

async function startReplica(
  server: FakeApiServer,
  name: string,
  options: Partial<CertificateOptions> = {},
): Promise<Replica> {
  const client = await clientOf(server);
  const steps: CertificateStep[] = [];
  const problems: (string | undefined)[] = [];
  let drifts = 0;
  let leaf: { readonly cert: string; readonly key: string } | undefined;
  const random = seededRandom(name);
  const certificates = manageCertificates({
    client,
    tools: {
      issueCa: async (nowMs, lifeMs) => issueCa(nowMs, { name: 'podgraft CA', lifeMs }),
      issueLeaf: async ({ ca, key }, nowMs, lifeMs) =>
        issueLeaf({ cert: ca.pem, key, notAfterMs: ca.notAfterMs }, [service], nowMs, lifeMs),
      read: readCertificates,
      isPair: isCertificatePair,
    },
    secret: { namespace: 'p', name: 's' },
    configurations: [
      { type: 'mutating', name: 'm' },
      { type: 'validating', name: 'v' },
    ],
    owner: { namespace: 'p', service: 'podgraft', names: [service] },
    times: { caLifeMs: 365 * 86_400_000, leafLifeMs: 7 * 86_400_000 },
    random,
    events: {
      onStep: (step) => steps.push(step),
      onDrift: () => (drifts += 1),
      onLeaf: (pair) => (leaf = pair),
      onProblem: (message) => problems.push(message),
    },
    ...options,
  });
  onTestFinished(certificates.close);
  const events = { onListed: noop, onSynced: noop, onRestart: noop, onProblem: noop };
  for (const [path, object] of [
    [mutating, 'm'],
    [validating, 'v'],
    ['/api/v1/namespaces/p/secrets', 's'],
  ] as const) {
    const kind = oneObject(object, path, object);
    const times = { startJitterMs: 0, listEveryMs: 0 };
    const reflector = startReflector({ client, kind, random, events, onChange: certificates.wake, times });
    onTestFinished(reflector.close);
  }
  return { steps, problems, drifts: () => drifts, leaf: () => leaf, certificates };
}

function noop(): void {
  // Nothing of this is asked for here.
}

function secretOf(server: FakeApiServer): JsonObject {
  return server.object(secrets, 'p/s') ?? {};
}

function dataOf(server: FakeApiServer, key: string): string {
  return decode(stringField(objectField(secretOf(server), 'data'), key) ?? '');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

/** By webhook: the caBundle, as PEM. */
function bundles(server: FakeApiServer): Readonly<Record<string, string>> {
  const webhooks = [
    ...arrayField(server.object(mutating, '/m'), 'webhooks'),
    ...arrayField(server.object(validating, '/v'), 'webhooks'),
  ];
  return Object.fromEntries(
    webhooks.map((webhook) => [
      stringField(webhook, 'name') ?? '',
      decode(stringField(field(webhook, 'clientConfig'), 'caBundle') ?? ''),
    ]),
  );
}

function ourBundles(server: FakeApiServer): ReadonlySet<string> {
  const { theirs: _theirs, ...rest } = bundles(server);
  return new Set(Object.values(rest));
}

/** Shakes hands as an API server would: with the bundle as the only CA, by the Service's name. */
async function handshake(leaf: { readonly cert: string; readonly key: string }, ca: string): Promise<string> {
  const server = tls.createServer(leaf);
  await new Promise<void>((resolve) => void server.listen(0, 'localhost', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const result = await new Promise<string>((resolve) => {
    const socket = tls.connect({ port, host: 'localhost', ca, servername: service });
    socket.on('secureConnect', () => resolve('ok'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => socket.destroy());
  });
  server.close();
  return result;
}

/** Wakes it until it has read everything once more. */
async function looksAgain(server: FakeApiServer, { wake }: Replica['certificates']): Promise<void> {
  const looks = server.seen.length;
  await until('it has looked again', () => {
    wake();
    return server.seen.length > looks + 6;
  });
}

async function readyServer() {
  const server = await serverWithChart();
  const replica = await startReplica(server, 'r0');
  await until('it is ready', replica.certificates.isReady);
  return { server, replica };
}

describe('self-managed certificates', () => {
  test('P0 P3 P11 from an empty Secret: a CA, in every webhook of ours and in no other, and a leaf that it verifies', async () => {
    const { server, replica } = await readyServer();
    const [bundle = ''] = ourBundles(server);
    expect(ourBundles(server).size).toBe(1);
    expect(bundles(server)['theirs']).toBe('theirs');
    expect(bundle).toBe(dataOf(server, 'ca.crt'));
    expect(await handshake(replica.leaf()!, bundle)).toBe('ok');
    const patch = server.seen.find(({ verb }) => verb === 'patch');
    expect(patch?.contentType).toBe('application/json-patch+json');
    expect(objectField(secretOf(server), 'metadata')['labels']).toEqual({ a: 'b' });
    const line = 'MutatingWebhookConfiguration m: 1 of its webhooks do not call Service p/podgraft';
    await until('it says whose it leaves alone', () => replica.problems.at(-1)?.startsWith(line) === true);
  });

  test('P7 the CA signs leaves and nothing else; its key is in the Secret, and no leaf’s is', async () => {
    const { server, replica } = await readyServer();
    const ca = new X509Certificate(dataOf(server, 'signer.crt'));
    const leaf = new X509Certificate(replica.leaf()!.cert);
    expect(ca.ca).toBe(true);
    expect(ca.serialNumber).toMatch(/^[0-9A-F]{32}$/u);
    expect(ca.subject).toMatch(/^CN=podgraft CA [0-9a-f]{8}$/u);
    expect(leaf.subjectAltName).toBe(`DNS:${service}`);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(createPublicKey(dataOf(server, 'signer.key')).equals(ca.publicKey)).toBe(true);
    const leafKey = replica.leaf()!.key;
    const sent = JSON.stringify([secretOf(server), server.object(mutating, '/m')]);
    expect(sent).not.toContain(Buffer.from(leafKey).toString('base64').slice(100, 200));
  });

  test('P0 T44 replicas that start at once on an empty Secret end with one CA and trusted leaves', async () => {
    const server = await serverWithChart();
    const replicas = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => startReplica(server, `r${index}`)),
    );
    await until('all are ready', () => replicas.every(({ certificates }) => certificates.isReady()));
    const made = replicas.flatMap(({ steps }) => steps).filter((step) => step === 'bootstrapped');
    expect(made).toHaveLength(1);
    const [bundle = ''] = ourBundles(server);
    expect(readCertificates(bundle)).toHaveLength(1);
    for (const { leaf } of replicas) expect(await handshake(leaf()!, bundle)).toBe('ok');
  });

  const wipes: readonly (readonly [string, (webhook: JsonObject) => JsonObject])[] = [
    ['taken away', ({ caBundle: _gone, ...rest }) => rest],
    ['emptied', (config) => ({ ...config, caBundle: '' })],
    ['replaced by a line break, as by cert-manager’s old advice', (config) => ({ ...config, caBundle: 'Cg==' })],
    ['replaced by another CA', (config) => ({ ...config, caBundle: 'bm90IGEgQ0E=' })],
  ];
  test.each(wipes)('P10 T43 a caBundle that is %s is put back, as it was', async (_, wipe) => {
    const { server, replica } = await readyServer();
    await until('it watches', () => server.watchers(mutating) === 1);
    const before = bundles(server);
    const configuration = server.object(mutating, '/m') ?? {};
    const webhooks = arrayField(configuration, 'webhooks').map((webhook) => ({
      ...(webhook as JsonObject),
      clientConfig: wipe(objectField(webhook, 'clientConfig')),
    }));
    const foreign = arrayField(configuration, 'webhooks')[1] ?? null;
    const wipedAtMs = performance.now();
    server.apply(mutating, { ...configuration, webhooks: webhooks.with(1, foreign as never) });
    expect(bundles(server)).not.toEqual(before);
    await until('it is put back', () => JSON.stringify(bundles(server)) === JSON.stringify(before));
    expect(replica.drifts()).toBe(1);
    const patch = server.seen.find(({ verb, atMs }) => verb === 'patch' && atMs > wipedAtMs);
    expect(patch?.path).toBe(`${mutating}/m`);
  });

  test('P11 webhooks that came into another order get their bundle by name', async () => {
    const { server } = await readyServer();
    const configuration = server.object(mutating, '/m') ?? {};
    const [named, theirs, matched] = arrayField(configuration, 'webhooks');
    const { caBundle: _gone, ...clientConfig } = objectField(named, 'clientConfig');
    server.apply(mutating, {
      ...configuration,
      webhooks: [theirs!, matched!, { ...(named as JsonObject), clientConfig }],
    });
    await until('it is put back', () => bundles(server)['named'] !== '');
    expect(bundles(server)['theirs']).toBe('theirs');
    expect(ourBundles(server).size).toBe(1);
  });

  const foreign: readonly (readonly [string, JsonObject, RegExp])[] = [
    ['of another type', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } }, /its type is kubernetes\.io\/tls/u],
    [
      'with data of its own',
      { type: 'Opaque', data: { password: 'aHVzaA==' } },
      /it has the key password, which is none of ours/u,
    ],
    [
      'with a CA that we did not write',
      { type: 'Opaque', data: { 'ca.crt': 'aHVzaA==' } },
      /it has data and no annotation/u,
    ],
  ];
  test.each(foreign)('a Secret %s is left alone, and that is one line', async (_, extra, message) => {
    const server = await serverWithChart();
    const secret = server.apply(secrets, { kind: 'Secret', metadata: { namespace: 'p', name: 's' }, ...extra });
    const { problems, certificates, leaf } = await startReplica(server, 'r0');
    await until('it has looked', () => problems.length > 0);
    await looksAgain(server, certificates);
    expect(problems[0]).toMatch(message);
    expect(problems[0]).toMatch(
      /^Secret p\/s: .*podgraft did not write it and leaves it alone; name another with --certificate-secret/u,
    );
    expect(problems[0]).not.toContain('hush');
    expect(server.seen.some(({ verb }) => verb === 'put' || verb === 'patch')).toBe(false);
    expect(secretOf(server)).toEqual(secret);
    expect(leaf()).toBeUndefined();
  });

  const broken: readonly (readonly [string, string, string, RegExp])[] = [
    ['half a certificate', 'signer.crt', 'LS0tLS1CRUdJTiBDRVJU', /signer\.crt and signer\.key are no CA and its key/u],
    ['another key', 'signer.key', 'aGFsZg==', /signer\.crt and signer\.key are no CA and its key/u],
    ['a bundle without the signer', 'ca.crt', '', /ca\.crt does not hold signer\.crt/u],
  ];
  test.each(broken)(
    'P0 a Secret with %s is not overwritten while it serves; emptied, it is written as it was',
    async (_, key, text, message) => {
      const { server, replica } = await readyServer();
      const before = secretOf(server);
      server.apply(secrets, { ...before, data: { ...objectField(before, 'data'), [key]: text } });
      await until('it has noticed', () => message.test(replica.certificates.problem() ?? ''));
      const writes = server.seen.filter(({ verb }) => verb === 'put').length;
      await looksAgain(server, replica.certificates);
      expect(server.seen.filter(({ verb }) => verb === 'put')).toHaveLength(writes);
      const { data: _data, ...rest } = secretOf(server);
      server.apply(secrets, { ...rest });
      await until('it is restored', () => replica.steps.includes('restored'));
      expect(objectField(secretOf(server), 'data')).toEqual(objectField(before, 'data'));
    },
  );

  test('P0 a Secret that is broken is made anew where nobody serves by it', async () => {
    const server = await serverWithChart();
    const annotations = { 'podgraft.dev/certificate-phase': 'steady' };
    const data = { 'ca.crt': 'aGFsZg==', 'signer.crt': 'aGFsZg==', 'signer.key': 'aGFsZg==' };
    server.apply(secrets, {
      kind: 'Secret',
      metadata: { namespace: 'p', name: 's', annotations },
      type: 'Opaque',
      data,
    });
    const { certificates } = await startReplica(server, 'r0');
    await until('it is ready', certificates.isReady);
    expect(readCertificates(dataOf(server, 'ca.crt'))).toHaveLength(1);
  });

  test('T42 a Secret that is deleted changes nothing for who serves; when it is there again, empty, it is written as it was', async () => {
    const { server, replica } = await readyServer();
    const before = objectField(secretOf(server), 'data');
    server.remove(secrets, 'p/s');
    await until('it has noticed', () =>
      /Secret p\/s: it is not there; the chart makes it/u.test(replica.certificates.problem() ?? ''),
    );
    expect(replica.certificates.isReady()).toBe(true);
    server.apply(secrets, { kind: 'Secret', metadata: { namespace: 'p', name: 's' }, type: 'Opaque' });
    await until('it is restored', () => replica.steps.includes('restored'));
    expect(objectField(secretOf(server), 'data')).toEqual(before);
  });

  test('T42 a Secret that was lost with all who knew it: the old CA stays trusted beside the new one', async () => {
    const { server, replica } = await readyServer();
    const [old = ''] = ourBundles(server);
    const { leaf } = replica;
    await replica.certificates.close();
    server.apply(secrets, { kind: 'Secret', metadata: { namespace: 'p', name: 's' }, type: 'Opaque', data: {} });
    const other = await startReplica(server, 'r1');
    await until('it is ready', other.certificates.isReady);
    const [bundle = ''] = ourBundles(server);
    expect(readCertificates(bundle)).toHaveLength(2);
    expect(bundle).toContain(old);
    expect(await handshake(leaf()!, bundle)).toBe('ok');
    expect(await handshake(other.leaf()!, bundle)).toBe('ok');
  });

  test('P2–P5 a whole rotation by the clock: every leaf verifies under every bundle on the way', async () => {
    const server = await serverWithChart();
    let aheadMs = 0;
    const replica = await startReplica(server, 'r0', { nowMs: () => Date.now() + aheadMs });
    await until('it is ready', replica.certificates.isReady);
    const first = dataOf(server, 'signer.crt');
    const dayMs = 86_400_000;
    const later = async (ms: number, step: CertificateStep): Promise<void> => {
      aheadMs += ms;
      const before = replica.steps.filter((other) => other === step).length;
      await until(`it has ${step}`, () => {
        replica.certificates.wake();
        return replica.steps.filter((other) => other === step).length > before;
      });
      const [bundle = ''] = ourBundles(server);
      // Its end may lie behind the real clock's now, which a handshake goes by: the signatures are what counts here.
      const leaf = new X509Certificate(replica.leaf()!.cert);
      expect(readCertificates(bundle)!.some(({ pem }) => leaf.verify(new X509Certificate(pem).publicKey))).toBe(true);
    };
    await later(5 * dayMs, 'leaf');
    await later(255 * dayMs, 'prepared');
    await until('both are published', () => readCertificates([...ourBundles(server)][0] ?? '')!.length === 2);
    await until('that is noted', () => replica.steps.includes('published'));
    expect(dataOf(server, 'signer.crt')).toBe(first);
    await later(11 * 60_000, 'promoted');
    expect(dataOf(server, 'signer.crt')).not.toBe(first);
    await until('its leaf is under the new one', () =>
      new X509Certificate(replica.leaf()!.cert).verify(new X509Certificate(dataOf(server, 'signer.crt')).publicKey),
    );
    await later(8 * dayMs, 'retired');
    await until('the old one is gone everywhere', () => [...ourBundles(server)].every((pem) => !pem.includes(first)));
    expect(ourBundles(server).size).toBe(1);
  });

  test.each([
    ['a year ahead', 365 * 86_400_000],
    ['an hour back', -3_600_000],
  ])('T45 a clock that jumps %s: a leaf is made that holds by it', async (_, ms) => {
    const server = await serverWithChart();
    let offMs = 0;
    const nowMs = (): number => Date.now() + offMs;
    const replica = await startReplica(server, 'r0', { nowMs });
    await until('it is ready', replica.certificates.isReady);
    const before = replica.leaf();
    offMs = ms;
    replica.certificates.wake();
    await until('there is another leaf', () => replica.leaf() !== before);
    const leaf = new X509Certificate(replica.leaf()!.cert);
    expect(Date.parse(leaf.validFrom)).toBeLessThan(nowMs());
    expect(Date.parse(leaf.validTo)).toBeGreaterThan(nowMs());
  });

  test.each([
    ['the Secret', '/secrets/', /^read Secret p\/s at https:.*HTTP 403, no; grant it/u],
    [
      'the configurations',
      'webhookconfigurations',
      /^read MutatingWebhookConfiguration m at https:.*HTTP 403, no; grant it/u,
    ],
  ])('missing RBAC for %s is one line, and tried again', async (_, part, message) => {
    const server = await serverWithChart();
    const undo = server.onRequest(({ path }) => (path.includes(part) ? { status: 403 } : undefined));
    const { problems, certificates } = await startReplica(server, 'r0');
    await until('it says so', () => problems.length > 0);
    expect(problems[0]).toMatch(message);
    expect(certificates.isReady()).toBe(false);
    undo();
    await until('it is ready', certificates.isReady);
  });

  test('configurations that are not there are one line; podgraft is ready, and they get their bundle when they come', async () => {
    const server = await serverWithChart();
    const configuration = server.object(mutating, '/m') ?? {};
    server.remove(mutating, '/m');
    const { certificates } = await startReplica(server, 'r0');
    await until('it is ready', certificates.isReady);
    await until('it says so', () =>
      /MutatingWebhookConfiguration m: not there, so nobody calls podgraft/u.test(certificates.problem() ?? ''),
    );
    server.apply(mutating, { ...configuration });
    await until(
      'it has its bundle',
      () => bundles(server)['named'] !== '' && bundles(server)['named'] === bundles(server)['x'],
    );
    expect(readCertificates([...ourBundles(server)][0] ?? '')).toHaveLength(1);
  });
});
