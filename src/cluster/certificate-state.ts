import { objectField, own, stringField } from '../core/json.ts';
import type { JsonObject, MutableJsonObject } from '../core/json.ts';
import { prefix } from '../core/keys.ts';
import { toBundle } from './certificate-facts.ts';
import type { Authority, CertificateFact, CertificateTools } from './certificate-facts.ts';

/**
 * Where a rotation is (contract §2.4): `steady` one CA; `prepared` the next one is made; `published` every webhook trusts
 * both; `promoted` the next one has become the signer, and the old one waits until its last leaf has ended.
 */
export const phases = ['steady', 'prepared', 'published', 'promoted'] as const;
export type Phase = (typeof phases)[number];

/** What all replicas share: it stands in one Secret, which is changed by compare-and-swap only. */
export interface CertificateState {
  readonly phase: Phase;
  /** All that webhooks should trust, in the order in which it is published. */
  readonly bundle: readonly CertificateFact[];
  readonly signer: Authority;
  /** In `prepared` and `published`. */
  readonly next?: Authority;
  /** In `published`: since when every webhook trusts the next one. */
  readonly publishedAtMs?: number;
  /** In `promoted`: since when leaves come from the new signer. */
  readonly promotedAtMs?: number;
}

/** The Secret, understood. `secret`: as it was read, for the compare-and-swap. */
export type SecretView =
  | { readonly kind: 'absent' }
  /** It holds what we did not write: it is never overwritten. */
  | { readonly kind: 'foreign'; readonly why: string }
  | { readonly kind: 'empty'; readonly secret: JsonObject }
  /** It was ours, and can't be understood. */
  | { readonly kind: 'broken'; readonly why: string; readonly secret: JsonObject }
  | { readonly kind: 'state'; readonly state: CertificateState; readonly secret: JsonObject };

const annotations = {
  phase: `${prefix}certificate-phase`,
  publishedAt: `${prefix}certificate-published-at`,
  promotedAt: `${prefix}certificate-promoted-at`,
} as const;

const dataKeys = ['ca.crt', 'signer.crt', 'signer.key', 'next.crt', 'next.key'] as const;

/** Reads what the Secret says. */
export function parseSecret(secret: JsonObject, tools: Pick<CertificateTools, 'read' | 'isPair'>): SecretView {
  const type = stringField(secret, 'type') ?? 'Opaque';
  const data = objectField(secret, 'data');
  const notes = objectField(objectField(secret, 'metadata'), 'annotations');
  const texts = new Map(Object.keys(data).map((key) => [key, decode(data, key)]));
  const filled = [...texts].filter(([, text]) => text !== '').map(([key]) => key);
  if (type !== 'Opaque') return { kind: 'foreign', why: `its type is ${type}, not Opaque` };
  if (filled.length === 0) return { kind: 'empty', secret };
  const foreignKey = filled.find((key) => !dataKeys.some((ours) => ours === key));
  if (foreignKey !== undefined) return { kind: 'foreign', why: `it has the key ${foreignKey}, which is none of ours` };
  const phase = phases.find((candidate) => candidate === own(notes, annotations.phase));
  if (phase === undefined && !filled.includes('signer.crt')) {
    return { kind: 'foreign', why: `it has data and no annotation ${annotations.phase}` };
  }
  const broken = (why: string): SecretView => ({ kind: 'broken', why, secret });
  if (phase === undefined) return broken(`its annotation ${annotations.phase} says none of ${phases.join(', ')}`);
  const bundle = tools.read(texts.get('ca.crt') ?? '');
  const signer = readAuthority(texts, 'signer', tools);
  const next = readAuthority(texts, 'next', tools);
  if (bundle === undefined) return broken('ca.crt is no PEM of certificates');
  if (signer === undefined) return broken('signer.crt and signer.key are no CA and its key');
  const isTrusted = ({ ca }: Authority): boolean => bundle.some(({ id }) => id === ca.id);
  if (!isTrusted(signer)) return broken('ca.crt does not hold signer.crt');
  const times = {
    publishedAtMs: Date.parse(stringField(notes, annotations.publishedAt) ?? ''),
    promotedAtMs: Date.parse(stringField(notes, annotations.promotedAt) ?? ''),
  };
  const state = { phase, bundle, signer };
  switch (phase) {
    case 'steady':
      return { kind: 'state', secret, state };
    case 'promoted':
      if (Number.isNaN(times.promotedAtMs)) return broken(`its annotation ${annotations.promotedAt} is no time`);
      return { kind: 'state', secret, state: { ...state, promotedAtMs: times.promotedAtMs } };
    case 'prepared':
    case 'published':
      if (next === undefined) return broken('next.crt and next.key are no CA and its key');
      if (!isTrusted(next)) return broken('ca.crt does not hold next.crt');
      if (phase === 'prepared') return { kind: 'state', secret, state: { ...state, next } };
      if (Number.isNaN(times.publishedAtMs)) return broken(`its annotation ${annotations.publishedAt} is no time`);
      return { kind: 'state', secret, state: { ...state, next, publishedAtMs: times.publishedAtMs } };
  }
}

function readAuthority(
  texts: ReadonlyMap<string, string>,
  name: 'signer' | 'next',
  { read, isPair }: Pick<CertificateTools, 'read' | 'isPair'>,
): Authority | undefined {
  const cert = texts.get(`${name}.crt`) ?? '';
  const key = texts.get(`${name}.key`) ?? '';
  const [ca, ...others] = read(cert) ?? [];
  return ca === undefined || others.length > 0 || !isPair(cert, key) ? undefined : { ca, key };
}

function decode(data: JsonObject, key: string): string {
  const value = own(data, key);
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}

/** The Secret with a state written into it; its resource version stays, so that a PUT is a compare-and-swap. */
export function renderSecret(secret: JsonObject, state: CertificateState): JsonObject {
  const { phase, bundle, signer, next, publishedAtMs, promotedAtMs } = state;
  const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  const data: MutableJsonObject = {
    'ca.crt': encode(toBundle(bundle)),
    'signer.crt': encode(signer.ca.pem),
    'signer.key': encode(signer.key),
    ...(next !== undefined && { 'next.crt': encode(next.ca.pem), 'next.key': encode(next.key) }),
  };
  const metadata = objectField(secret, 'metadata');
  const notes: MutableJsonObject = { ...objectField(metadata, 'annotations'), [annotations.phase]: phase };
  delete notes[annotations.publishedAt];
  delete notes[annotations.promotedAt];
  if (publishedAtMs !== undefined) notes[annotations.publishedAt] = new Date(publishedAtMs).toISOString();
  if (promotedAtMs !== undefined) notes[annotations.promotedAt] = new Date(promotedAtMs).toISOString();
  return { ...secret, data, metadata: { ...metadata, annotations: notes } };
}
