import { arrayField, field, isObject, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { keys } from '../keys.ts';
import { byteLength, isLongerThan } from '../problem.ts';
import type { Template } from '../template.ts';

/**
 * What podgraft writes into the annotation `podgraft.dev/injected` (specification §10). Whoever makes a pod can forge it:
 * it is never a reason to skip work, and its only uses are those that the specification lists.
 */
export interface Mark {
  /** The primary container, where one was resolved. */
  readonly primary?: string;
  /** The names of the workload's own containers and init containers. */
  readonly containers: ReadonlySet<string>;
  readonly initContainers: ReadonlySet<string>;
  /** By `namespace/name`: the units that the template brings (`volumes[data]`, `metadata.labels[a]`). */
  readonly brought: ReadonlyMap<string, ReadonlySet<string>>;
  /** `namespace/name` of the templates that were left out, and stay out. */
  readonly leftOut: ReadonlySet<string>;
}

/** What goes into a mark. */
export interface MarkFacts {
  readonly primary?: string;
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
  readonly templates: readonly {
    readonly template: Template;
    /** What it brings, whether added now or there already, in the order of the template. */
    readonly units: readonly string[];
    /** Those of them that aren't listed. They take up room all the same: see {@link formatMark}. */
    readonly unlisted: ReadonlySet<string>;
  }[];
  readonly leftOut: readonly string[];
}

export const maxMarkBytes = 4096;
const version = 1;
const hashDigits = 16;

// These may be left off the mark when it grows too long; a container or volume never is.
const element = /^(?:containers|initContainers|volumes|resourceClaims)\[[^\]]*\]$/;

/** The mark on a pod, as far as it has our form; `undefined` where there is none that can be read. */
export function readMark(annotations: JsonObject): Mark | undefined {
  const text = stringField(annotations, keys.injected);
  if (text === undefined || text.length > maxMarkBytes) return undefined;
  const value = parseJson(text);
  if (!isObject(value) || field(value, 'version') !== version) return undefined;
  const brought = new Map<string, ReadonlySet<string>>();
  for (const entry of arrayField(value, 'templates')) {
    const name = stringField(entry, 'name');
    if (name === undefined) continue;
    brought.set(name, new Set([...strings(entry, 'elements'), ...strings(entry, 'fields')]));
  }
  const primary = stringField(value, 'primary');
  return {
    ...(primary === undefined ? {} : { primary }),
    containers: new Set(strings(value, 'containers')),
    initContainers: new Set(strings(value, 'initContainers')),
    brought,
    leftOut: new Set(strings(value, 'leftOut')),
  };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function strings(value: Json, key: string): readonly string[] {
  return arrayField(value, key).filter((entry) => typeof entry === 'string');
}

/**
 * The mark's text: at most 4 KiB; paths of fields are listed while they fit.
 * `undefined` where even the rest doesn't fit: then the pod is refused (PG023).
 * The cut comes where it would come if all were listed: a later round can't tell a label of ours that didn't fit from
 * one of the pod's own, and must cut at the same place.
 */
export function formatMark(facts: MarkFacts): string | undefined {
  const render = (fields: readonly (readonly string[])[]): string =>
    JSON.stringify({
      version,
      ...(facts.primary === undefined ? {} : { primary: facts.primary }),
      containers: facts.containers,
      ...(facts.initContainers.length > 0 ? { initContainers: facts.initContainers } : {}),
      templates: facts.templates.map(({ template, units }, index) => {
        const elements = units.filter((unit) => element.test(unit));
        const listed = fields[index] ?? [];
        return {
          name: template.id,
          hash: template.hash.slice('sha256:'.length, 'sha256:'.length + hashDigits),
          ...(elements.length > 0 ? { elements } : {}),
          ...(listed.length > 0 ? { fields: listed } : {}),
        };
      }),
      ...(facts.leftOut.length > 0 ? { leftOut: facts.leftOut } : {}),
    });
  const all = facts.templates.map(({ units }) => units.filter((unit) => !element.test(unit)));
  const listed = (fields: readonly (readonly string[])[]): string =>
    render(fields.map((units, index) => units.filter((unit) => facts.templates[index]?.unlisted.has(unit) !== true)));
  const whole = render(all);
  if (!isLongerThan(whole, maxMarkBytes)) {
    return facts.templates.every(({ unlisted }) => unlisted.size === 0) ? whole : listed(all);
  }
  const room = maxMarkBytes - byteLength(render([]));
  return room < 0 ? undefined : listed(whileTheyFit(all, room));
}

/** The first paths, template by template, that fit into so many bytes of JSON. */
function whileTheyFit(all: readonly (readonly string[])[], room: number): readonly (readonly string[])[] {
  const frame = byteLength(',"fields":[]');
  const kept: string[][] = [];
  let left = room;
  for (const units of all) {
    const list: string[] = [];
    kept.push(list);
    left -= frame;
    for (const unit of units) {
      left -= byteLength(JSON.stringify(unit)) + 1;
      if (left < 0) return kept;
      list.push(unit);
    }
  }
  return kept;
}
