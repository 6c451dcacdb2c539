import { formatPath } from './field-path.ts';
import type { FieldPath } from './field-path.ts';

/** Kubernetes' own words for what can be wrong with a field (`field.ErrorType`), and the reason that a cause carries for each. */
export const problemTypes = {
  'Required value': 'FieldValueRequired',
  'Invalid value': 'FieldValueInvalid',
  'Duplicate value': 'FieldValueDuplicate',
  'Not found': 'FieldValueNotFound',
  'Unsupported value': 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  'Too long': 'FieldValueTooLong',
  'Too many': 'FieldValueTooMany',
} as const;
export type ProblemType = keyof typeof problemTypes;

/** Why an API server's client is told that a field is wrong (`metav1.CauseType`). */
export type CauseReason = (typeof problemTypes)[ProblemType];

interface ProblemKind {
  readonly type: ProblemType;
  /** What is wrong, in one line: the heading of its page in docs/problems/. */
  readonly title: string;
  /** A closed word for metrics (contract O1): several codes may share one. */
  readonly reason: string;
}

/**
 * Every kind of problem that podgraft can have with a pod or a template. The codes are stable: they are never reused.
 * Each has a page `docs/problems/PGnnn.md` with what it means, why, an example and how to mend it.
 */
export const problemKinds = {
  PG001: { type: 'Not found', reason: 'template_not_found', title: 'The template does not exist' },
  PG002: { type: 'Forbidden', reason: 'template_not_allowed', title: 'The template may not be used in this namespace' },
  PG003: {
    type: 'Unsupported value',
    reason: 'bad_key',
    title: 'A podgraft label or annotation has a value that means nothing',
  },
  PG004: { type: 'Forbidden', reason: 'bad_key', title: 'A pod asks for a template and for no injection' },
  PG005: { type: 'Forbidden', reason: 'reusable', title: 'A pod of a reusable environment asks for a template' },
  PG006: { type: 'Too many', reason: 'cap', title: 'More templates than one pod may have' },
  PG007: {
    type: 'Not found',
    reason: 'primary',
    title: 'The primary container that an annotation names does not exist',
  },
  PG008: { type: 'Required value', reason: 'primary', title: 'Nothing says which container is the primary one' },
  PG009: { type: 'Invalid value', reason: 'primary', title: 'Templates disagree about the primary container' },
  PG010: {
    type: 'Invalid value',
    reason: 'pod_malformed',
    title: 'The pod has no form that a template can be grafted onto',
  },
  PG011: {
    type: 'Forbidden',
    reason: 'denied_difference',
    title: 'Pod and template differ, and the template denies that',
  },
  PG012: {
    type: 'Duplicate value',
    reason: 'conflict',
    title: 'Pod and template bring different containers of one name',
  },
  PG013: {
    type: 'Duplicate value',
    reason: 'conflict',
    title: 'Pod and template bring different volumes or claims of one name',
  },
  PG014: { type: 'Duplicate value', reason: 'conflict', title: 'Pod and template mount different things at one path' },
  PG015: {
    type: 'Duplicate value',
    reason: 'template_conflict',
    title: 'Two templates give different values where only one can stand',
  },
  PG016: { type: 'Not found', reason: 'missing_volume', title: 'A container mounts a volume that nothing brings' },
  PG017: {
    type: 'Duplicate value',
    reason: 'port',
    title: 'Two containers want one port of the node or of the host network',
  },
  PG018: { type: 'Invalid value', reason: 'os', title: 'Pod and template are made for different operating systems' },
  PG019: { type: 'Too many', reason: 'cap', title: 'The node affinity would have too many terms' },
  PG020: {
    type: 'Invalid value',
    reason: 'pod_resources',
    title: 'The containers together break the resources of the pod',
  },
  PG021: {
    type: 'Invalid value',
    reason: 'invalid_result',
    title: 'Kubernetes refuses what pod and template set together',
  },
  PG022: { type: 'Too many', reason: 'cap', title: 'The grafted pod would be larger than podgraft lets pods become' },
  PG023: { type: 'Too long', reason: 'cap', title: 'The mark does not fit into its annotation' },
  PG030: { type: 'Invalid value', reason: 'template', title: 'The template has a field that Kubernetes does not know' },
  PG031: { type: 'Invalid value', reason: 'template', title: 'A value in the template has the wrong type' },
  PG032: {
    type: 'Unsupported value',
    reason: 'template',
    title: 'A value in the template is none of those that are possible',
  },
  PG033: { type: 'Required value', reason: 'template', title: 'The template lacks a field that must be there' },
  PG034: { type: 'Invalid value', reason: 'template', title: 'Kubernetes would refuse a value in the template' },
  PG035: { type: 'Duplicate value', reason: 'template', title: 'The template has one thing twice' },
  PG036: { type: 'Forbidden', reason: 'template', title: 'A template may not set this field' },
  PG037: { type: 'Forbidden', reason: 'template', title: 'A template may not set this metadata key' },
  PG038: {
    type: 'Forbidden',
    reason: 'template',
    title: 'A setting that only templates of the root namespace may have',
  },
  PG039: {
    type: 'Not found',
    reason: 'template',
    title: 'lifecycleByName names a sidecar that the template does not have',
  },
  PG040: { type: 'Forbidden', reason: 'template', title: 'A special entry stands in the wrong list' },
  PG041: { type: 'Required value', reason: 'template', title: 'A sidecar or init container has no image' },
  PG042: { type: 'Required value', reason: 'template', title: 'image, command and args must stay protected' },
  PG043: {
    type: 'Forbidden',
    reason: 'template',
    title: 'A Required template without match, or while Required is off',
  },
  PG044: { type: 'Forbidden', reason: 'template', title: 'The operator has not allowed templates to set this' },
  PG045: { type: 'Too long', reason: 'template', title: 'The template is too large' },
  PG046: { type: 'Invalid value', reason: 'template', title: 'The template could not be grafted onto any pod' },
  PG047: { type: 'Duplicate value', reason: 'template', title: 'Two files bring the same template' },
  PG048: { type: 'Invalid value', reason: 'template', title: 'The text is not valid YAML or JSON' },
} as const satisfies Readonly<Record<string, ProblemKind>>;
export type ProblemCode = keyof typeof problemKinds;

/** Where something stands in a file; line and column count from 1. */
export interface Position {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong. Never carries contents (values of env, annotations, arguments): only names, keys and paths. */
export interface Problem {
  readonly code: ProblemCode;
  /** From the root of the object that was judged: the pod, or the template's document. */
  readonly field: FieldPath;
  /** The name or key that is wrong, where it is one that may be shown. */
  readonly value?: string;
  /** What else supplies it; what to do. */
  readonly detail: string;
  /** The template, `namespace/name`, whose fault it is, where it is a template's. */
  readonly template?: string;
  readonly at?: Position;
}

const maxValueLength = 63;

// Control characters, line and paragraph separators, bidirectional overrides and lone surrogates: they forge lines or make an API server drop a warning whole.
const unprintable = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/gu;

const plain = /^[ -~]*$/u;

/** Text that may stand in a message: no control characters, valid UTF-16. */
export function printable(text: string): string {
  if (plain.test(text)) return text;
  return text.toWellFormed().replaceAll(unprintable, '');
}

/** How many bytes of UTF-8 a text takes. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += unit < 0x8_00 ? 1 : 2;
    // A pair of surrogates takes four bytes; a lone one is written as U+FFFD, which takes three.
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) index += 1;
  }
  return bytes;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit < 0xdc_00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc_00 && unit < 0xe0_00;
}

/** True where a text takes more than `maxBytes` of UTF-8; counts only where its length alone doesn't say. */
export function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && byteLength(text) > maxBytes);
}

/** Cuts text to at most `maxBytes` of UTF-8, an ellipsis in place of what was cut; never inside a character. */
export function cutBytes(text: string, maxBytes: number): string {
  if (!isLongerThan(text, maxBytes)) return text;
  const ellipsis = '…';
  const room = maxBytes - byteLength(ellipsis);
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return kept + ellipsis;
}

/** A name in quotes, printable and cut at 63 characters. */
export function quote(name: string): string {
  const characters = [...printable(name)];
  const cut =
    characters.length > maxValueLength ? `${characters.slice(0, maxValueLength).join('')}…` : characters.join('');
  return JSON.stringify(cut);
}

/** The problem without its field: `Duplicate value: "log-shipper": the pod has …; rename … (podgraft PG012)`. */
export function formatCause(problem: Problem): string {
  const { type } = problemKinds[problem.code];
  const value = problem.value === undefined ? '' : ` ${quote(problem.value)}:`;
  return `${type}:${value} ${printable(problem.detail)} (podgraft ${problem.code})`;
}

/** The problem in the API server's own form: `spec.containers[1].name: Duplicate value: …`. */
export function formatProblem(problem: Problem): string {
  const field = printable(formatPath(problem.field));
  return field === '' ? formatCause(problem) : `${field}: ${formatCause(problem)}`;
}
