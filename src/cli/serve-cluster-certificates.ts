import { openCertificateFiles } from '../certs/certificate-files.ts';
import { toPair } from '../certs/certificate-pair.ts';
import { holdPair } from '../certs/certificate-source.ts';
import { issueCa, issueLeaf } from '../certs/issue.ts';
import type { ApiClient } from '../cluster/api-client.ts';
import { isCertificatePair, readCertificates } from '../cluster/certificate-facts.ts';
import type { CertificateTools } from '../cluster/certificate-facts.ts';
import { manageCertificates } from '../cluster/certificates.ts';
import type { Random } from '../cluster/jitter.ts';
import { startReflector } from '../cluster/reflector.ts';
import type { ReflectorEvents, ReflectorTimes } from '../cluster/reflector.ts';
import { oneObject } from '../cluster/watched-kind.ts';
import { configurationsPath, kindOf } from '../cluster/webhook-configurations.ts';
import type { ConfigurationName } from '../cluster/webhook-configurations.ts';
import type { SettingValues } from '../config/settings-table.ts';
import type { ReadyCheck } from '../server/probe-app.ts';
import type { CertificateSource } from '../server/tls-pair.ts';
import { serviceNames } from './serve-cluster-identity.ts';
import type { Identity } from './serve-cluster-identity.ts';
import type { ClusterMetrics } from './serve-cluster-metrics.ts';

export interface CertificateWiring {
  readonly values: SettingValues;
  readonly client: ApiClient;
  readonly identity: Identity;
  readonly random: Random;
  readonly metrics: ClusterMetrics;
  readonly events: ReflectorEvents;
  readonly times: Partial<ReflectorTimes>;
  readonly onProblem: (message: string) => void;
  readonly onStep: (step: string) => void;
}

export type WiredCertificate =
  | {
      readonly kind: 'open';
      readonly source: CertificateSource;
      /** Whether the API server trusts what is served. */
      readonly checks: () => readonly ReadyCheck[];
      readonly close: () => Promise<void>;
    }
  /** One line. */
  | { readonly kind: 'failed'; readonly message: string };

type CertificateSettings = Pick<
  SettingValues,
  'tlsCert' | 'tlsKey' | 'mutatingWebhookConfigurations' | 'validatingWebhookConfigurations'
>;

/** The kinds that are watched for certificates, for metrics: none where others look after them. */
export function certificateKinds(values: CertificateSettings): readonly string[] {
  if (fromFiles(values) !== undefined) return [];
  return ['Secret', ...new Set(configurationsOf(values).map(kindOf))];
}

function fromFiles({ tlsCert, tlsKey }: CertificateSettings): { certPath: string; keyPath: string } | undefined {
  return tlsCert === undefined || tlsKey === undefined ? undefined : { certPath: tlsCert, keyPath: tlsKey };
}

function configurationsOf(values: CertificateSettings): readonly ConfigurationName[] {
  return [
    ...values.mutatingWebhookConfigurations.map((name) => ({ type: 'mutating', name }) as const),
    ...values.validatingWebhookConfigurations.map((name) => ({ type: 'validating', name }) as const),
  ];
}

/** Where the certificate comes from in a cluster: files that others write, or podgraft's own CA (contract §2.4). */
export async function openClusterCertificate(wiring: CertificateWiring): Promise<WiredCertificate> {
  const files = fromFiles(wiring.values);
  if (files === undefined) return manage(wiring);
  const opened = await openCertificateFiles({ ...files, onProblem: wiring.onProblem });
  if (opened.kind === 'failed') return opened;
  const close = async (): Promise<void> => {
    opened.source.close();
    return Promise.resolve();
  };
  return { kind: 'open', source: opened.source, checks: () => [], close };
}

async function manage(wiring: CertificateWiring): Promise<WiredCertificate> {
  const { values, client, identity, random, metrics, events, times, onProblem, onStep } = wiring;
  const { namespace } = identity;
  const { serviceName, certificateSecret, tlsNames } = values;
  const names = [...serviceNames(serviceName, namespace), ...tlsNames];
  // Until the CA is there something must be in the server's hand, so that probes can say what it waits for. Nobody trusts it.
  const placeholder = await issueCa(Date.now(), { name: 'podgraft waits for its CA', lifeMs: placeholderLifeMs });
  const first = toPair(placeholder.cert, placeholder.key);
  if (first.kind === 'invalid') return { kind: 'failed', message: first.message };
  const held = holdPair(first.pair);

  const configurations = configurationsOf(values);
  const managed = manageCertificates({
    client,
    tools: toTools(names),
    secret: { namespace, name: certificateSecret },
    configurations,
    owner: { namespace, service: serviceName, names },
    times: { caLifeMs: values.caLifeSeconds * 1000, leafLifeMs: values.leafLifeSeconds * 1000 },
    random,
    events: {
      onStep: (step) => {
        metrics.countStep(step);
        onStep(step);
      },
      onDrift: metrics.countDrift,
      onLeaf: ({ cert, key, caNotAfterMs }) => {
        const pair = toPair(cert, key);
        if (pair.kind === 'pair') held.replace({ ...pair.pair, caNotAfterMs });
      },
      onProblem: (message) => {
        if (message !== undefined) onProblem(message);
      },
    },
  });
  const secretPath = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  const watched = [
    oneObject('Secret', secretPath, certificateSecret),
    ...configurations.map((configuration) =>
      oneObject(kindOf(configuration), configurationsPath(configuration.type), configuration.name),
    ),
  ];
  const reflectors = watched.map((kind) =>
    startReflector({ client, kind, random, events, onChange: managed.wake, times: { ...times, startJitterMs: 0 } }),
  );
  return {
    kind: 'open',
    source: held,
    checks: () => [
      {
        name: 'trusted certificate',
        isOk: managed.isReady(),
        detail: managed.problem() ?? 'the CA is not yet made and published',
      },
    ],
    close: async () => {
      await Promise.all([managed.close(), ...reflectors.map(async ({ close }) => close())]);
    },
  };
}

const placeholderLifeMs = 365 * 24 * 60 * 60 * 1000;

function toTools(names: readonly string[]): CertificateTools {
  return {
    issueCa: async (nowMs, lifeMs) => issueCa(nowMs, { name: 'podgraft CA', lifeMs }),
    issueLeaf: async ({ ca, key }, nowMs, lifeMs) =>
      issueLeaf({ cert: ca.pem, key, notAfterMs: ca.notAfterMs }, names, nowMs, lifeMs),
    read: readCertificates,
    isPair: isCertificatePair,
  };
}
