import { openClusterCertificate } from '../../src/cli/serve-cluster-certificates.ts';
import { newClusterMetrics } from '../../src/cli/serve-cluster-metrics.ts';
import { openClient } from '../../src/cluster/client.ts';
import { seededRandom } from '../../src/cluster/jitter.ts';
import { parseConfig } from '../../src/config/parse-config.ts';

/** A replica as far as its certificates go, wired as `podgraft serve` wires it. */
export interface Rotator {
  /** Its certificate, as PEM; webhooks trust it once {@link isReady}. */
  readonly certificate: () => string;
  readonly isReady: () => boolean;
  /** What it waits for, a sentence. */
  readonly detail: () => string;
  readonly close: () => Promise<void>;
}

/** Where rotators meet: one Secret, and a configuration of each type, all of one name, in a namespace of that name. */
export interface MeetingPlace {
  readonly kubeconfig: string;
  readonly name: string;
}

export interface RotatorEvents {
  readonly onStep: (step: string) => void;
  /** Somebody else has written the Secret or a configuration since it was read. */
  readonly onConflict: () => void;
}

/** Starts one with a connection of its own. */
export async function startRotator(
  { kubeconfig, name }: MeetingPlace,
  replica: string,
  { onStep, onConflict }: RotatorEvents,
): Promise<Rotator> {
  const flags = {
    kubeconfig,
    certificateSecret: name,
    mutatingWebhookConfigurations: name,
    validatingWebhookConfigurations: name,
  };
  const config = parseConfig({ flags, env: {} });
  if (config.kind === 'invalid') throw new Error(config.problems.join('\n'));
  const opened = await openClient({ kubeconfig, env: {}, version: 'drill' });
  if (opened.kind === 'failed') throw new Error(opened.message);
  const noted = <T extends { readonly kind: string; readonly reason?: string }>(result: T): T => {
    if (result.reason === 'conflict') onConflict();
    return result;
  };
  const { client } = opened;
  const certificate = await openClusterCertificate({
    values: config.values,
    client: {
      ...client,
      put: async (request) => noted(await client.put(request)),
    },
    identity: { namespace: name, replica, isInPod: true },
    random: seededRandom(`${name}/${replica}`),
    metrics: newClusterMetrics([], () => false),
    events: {
      onListed: () => undefined,
      onRestart: () => undefined,
      onSynced: () => undefined,
      onProblem: () => undefined,
    },
    times: {},
    onProblem: () => undefined,
    onStep,
  });
  if (certificate.kind === 'failed') throw new Error(certificate.message);
  return {
    certificate: () => certificate.source.current().cert,
    isReady: () => certificate.checks().every(({ isOk }) => isOk),
    detail: () => certificate.checks()[0]?.detail ?? '',
    close: async () => {
      await certificate.close();
      opened.close();
    },
  };
}
