import { arrayField, field, objectField, own, stringField } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { keys } from '../../core/keys.ts';
import type { ApiResult } from '../api-client.ts';
import type { ApiFailure } from '../api-failure.ts';
import { nameOf } from './our-webhooks.ts';

/** What the API server answered to the dry-run creation of a pod that names a template. */
export type TrialOutcome =
  /** podgraft refused it: it was asked, and its answer came back. */
  | { readonly kind: 'refused by podgraft'; readonly message: string }
  /** It bears podgraft's mark. */
  | { readonly kind: 'grafted' }
  /** It would be created, and podgraft was not asked. */
  | { readonly kind: 'not asked' }
  /** The API server could not ask a webhook of podgraft's. */
  | { readonly kind: 'call failed'; readonly message: string }
  /** Something else refused it. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unseen'; readonly why: string };

/** The pods that were tried. */
export interface Trials {
  readonly namespace: string;
  /** One that names a template which can't be there: podgraft must refuse it (contract R6). */
  readonly absent: TrialOutcome;
  /** One for each template that was tried, `namespace/name`, until one was grafted. */
  readonly grafts: readonly { readonly template: string; readonly outcome: TrialOutcome }[];
}

/** No template is ever called so: a label's value may hold a dot, a template's name may not (specification §2). */
export const absentTemplate = 'podgraft-check.no-such-template';

/**
 * A pod that asks for a template and for nothing else: what Pod Security's level `restricted` and a quota ask of a pod it
 * has, so that it is podgraft's answer that comes.
 */
export function trialPod(namespace: string, template: string): JsonObject {
  const resources = { cpu: '10m', memory: '16Mi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'podgraft-check', namespace, labels: { [keys.template]: template } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image: 'registry.k8s.io/pause:3.10',
          resources: { requests: resources, limits: resources },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

const ours = '[a-z]+\\.podgraft\\.dev';
const denied = new RegExp(`^admission webhook "${ours}" denied the request: (?<message>.*)$`, 'su');
const failed = new RegExp(`failed calling webhook "${ours}": (?<message>.*)$`, 'su');

/** Reads the API server's answer. */
export function toTrialOutcome(result: ApiResult): TrialOutcome {
  if (result.kind === 'ok') {
    const isMarked =
      own(objectField(objectField(result.value, 'metadata'), 'annotations'), keys.injected) !== undefined;
    return { kind: isMarked ? 'grafted' : 'not asked' };
  }
  const { says, status = 0 } = result;
  if (says === undefined) return { kind: 'unseen', why: whyUnseen(result) };
  const refusal = denied.exec(says)?.groups?.['message'];
  if (refusal !== undefined) return { kind: 'refused by podgraft', message: refusal };
  const failure = failed.exec(says)?.groups?.['message'];
  if (failure !== undefined) return { kind: 'call failed', message: failure };
  const isForbidden = status === 403 && says.includes('cannot create resource');
  const isUnseen = isForbidden || [401, 404, 429].includes(status);
  return isUnseen ? { kind: 'unseen', why: whyUnseen(result) } : { kind: 'refused', message: says };
}

/** Why a request of `check` showed nothing: who may not do what, or which namespace isn't there, in the API server's words. */
export function whyUnseen({ reason, says, message }: ApiFailure): string {
  return says !== undefined && (reason === 'forbidden' || reason === 'absent') ? says : message;
}

const maxTrials = 3;
const levels = ['restricted', 'baseline', 'privileged'];

/**
 * The templates that a bare pod of a namespace may most likely use, `namespace/name`, the most harmless first: accepted,
 * for everybody, of that namespace or of one where templates for all are kept.
 */
export function templatesToTry(
  templates: readonly JsonObject[],
  namespace: string,
  rootNamespaces: readonly string[],
): readonly { readonly namespace: string; readonly name: string }[] {
  return templates
    .filter((template) => {
      const home = stringField(objectField(template, 'metadata'), 'namespace') ?? '';
      const isForAll = field(field(template, 'spec'), 'allowedNamespaces') === undefined;
      return (home === namespace || (rootNamespaces.includes(home) && isForAll)) && isAccepted(template);
    })
    .map((template) => ({
      namespace: stringField(objectField(template, 'metadata'), 'namespace') ?? '',
      name: nameOf(template),
      level: levels.indexOf(stringField(objectField(template, 'status'), 'podSecurityLevel') ?? 'privileged'),
    }))
    .toSorted((a, b) => a.level - b.level || (a.name < b.name ? -1 : 1))
    .slice(0, maxTrials);
}

function isAccepted(template: JsonObject): boolean {
  const conditions = arrayField(objectField(template, 'status'), 'conditions');
  return conditions.some(
    (condition) => stringField(condition, 'type') === 'Accepted' && stringField(condition, 'status') === 'True',
  );
}
