import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Settings } from '../core/settings.ts';
import { buildTemplateSet } from '../core/template-set.ts';
import type { TemplateSet } from '../core/template-set.ts';
import type { Template } from '../core/template.ts';
import { readClusterTemplate } from './cluster-template.ts';
import type { ClusterTemplate } from './cluster-template.ts';
import type { Store } from './reflector.ts';
import { judgeTemplates, verdictKey } from './verdict.ts';
import type { NamespaceLimits, Verdict, Verdicts } from './verdict.ts';

/** Templates that come from files beside those of the cluster. */
export interface FileTemplates {
  readonly templates: readonly Template[];
  /** Of all of them, valid or not: the cluster's of that name are shadowed. */
  readonly ids: ReadonlySet<string>;
}

export interface TemplateCacheOptions {
  readonly settings: Settings;
  readonly limits: NamespaceLimits;
  /** What the reflectors hold; undefined before their first list. */
  readonly stores: () => Readonly<Record<Template['kind'], Store | undefined>>;
  readonly files: () => FileTemplates;
  /**
   * A template's verdict, or its object, is another one than before; undefined: not there any more, or not yet. While the
   * cache isn't ready these are verdicts on what was there before we looked.
   */
  readonly onVerdict: (key: string, verdict: Verdict | undefined, before: Verdict | undefined) => void;
  /** Changes that come in so short a time are worked on together. */
  readonly settleMs?: number;
}

/** The templates that are in use, of files and of the cluster, kept up to date. */
export interface TemplateCache {
  readonly set: () => TemplateSet;
  readonly verdicts: () => Verdicts;
  /** True when all that the stores held at some time after their first lists has been judged. */
  readonly isReady: () => boolean;
  readonly counts: () => { readonly active: number; readonly invalid: number };
  /** Says that a store, or the files, changed. */
  readonly changed: () => void;
  readonly close: () => void;
}

const kinds: readonly Template['kind'][] = ['InjectionTemplate', 'PodTemplate'];

/** So long at most objects are judged before requests get their turn. */
const sliceMs = 8;

/** Starts with no templates; `changed` brings them in. */
export function newTemplateCache(options: TemplateCacheOptions): TemplateCache {
  const { settings, stores, files, onVerdict, limits, settleMs = 50 } = options;
  let known: ReadonlyMap<string, ClusterTemplate> = new Map();
  let verdicts: Verdicts = new Map();
  let set = buildTemplateSet([], settings.rootNamespace);
  let isReady = false;
  const stop = new AbortController();
  let isBusy = false;
  let isDirty = false;
  let timer: NodeJS.Timeout | undefined;

  const judgeAll = async (): Promise<void> => {
    const current = stores();
    const isComplete = kinds.every((kind) => current[kind] !== undefined);
    const next = new Map<string, ClusterTemplate>();
    let sliceEndMs = performance.now() + sliceMs;
    for (const kind of kinds) {
      for (const [id, object] of current[kind] ?? []) {
        const key = verdictKey({ kind, id });
        const before = known.get(key);
        next.set(key, before?.object === object ? before : readClusterTemplate(kind, object, settings, before));
        if (performance.now() < sliceEndMs) continue;
        await nextTurn();
        if (stop.signal.aborted) return;
        sliceEndMs = performance.now() + sliceMs;
      }
    }
    const { templates, ids } = files();
    const judged = judgeTemplates(next.values(), { rootNamespace: settings.rootNamespace, limits, fileIds: ids });
    await nextTurn();
    const active = [...templates];
    for (const { served } of judged.values()) if (served !== undefined) active.push(served);
    const built = buildTemplateSet(active, settings.rootNamespace);
    // One assignment after the other without a pause: a request sees all of the old or all of the new.
    const old = verdicts;
    known = next;
    verdicts = judged;
    set = built;
    tellVerdicts(old, judged, onVerdict);
    isReady ||= isComplete;
  };

  const work = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    while (isDirty && !stop.signal.aborted) {
      isDirty = false;
      await judgeAll();
    }
    isBusy = false;
  };

  return {
    set: () => set,
    verdicts: () => verdicts,
    isReady: () => isReady,
    counts: () => {
      let invalid = 0;
      for (const { reason } of verdicts.values()) if (reason === 'Invalid') invalid += 1;
      return { active: set.size, invalid };
    },
    changed: () => {
      isDirty = true;
      if (stop.signal.aborted || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        void work();
      }, settleMs);
    },
    close: () => {
      stop.abort();
      clearTimeout(timer);
    },
  };
}

function tellVerdicts(before: Verdicts, now: Verdicts, onVerdict: TemplateCacheOptions['onVerdict']): void {
  for (const [key, verdict] of now) {
    const old = before.get(key);
    // A changed object with the same verdict counts too: its status may be missing, or speak of an older generation.
    if (old !== undefined && isSameVerdict(old, verdict) && old.subject.object === verdict.subject.object) continue;
    onVerdict(key, verdict, old);
  }
  for (const [key, old] of before) if (!now.has(key)) onVerdict(key, undefined, old);
}

/** Whether two verdicts say the same. */
export function isSameVerdict(a: Verdict | undefined, b: Verdict | undefined): boolean {
  return a?.reason === b?.reason && a?.message === b?.message;
}
