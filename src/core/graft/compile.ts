import { arrayField, deepFreeze, isObject, objectField, sorted, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { IncompatiblePair } from '../kubernetes/incompatible-pair.ts';
import { containerSchema, podTemplateSpec } from '../kubernetes/schema.ts';
import type { Protectable, Template } from '../template.ts';
import { asksOf } from './asks.ts';
import type { Ask } from './asks.ts';
import { borrowedVolumes, breakablePairs, mayListen } from './breakable.ts';
import { overlay } from './overlay.ts';

/** A container that a template adds. */
export interface AddedContainer {
  readonly name: string;
  /** As the template writes it, keys sorted. */
  readonly value: JsonObject;
}

/** A pod template, taken apart once, so that per pod only what it asks for is looked at. */
export interface CompiledPodTemplate {
  /** Metadata, and the spec without its containers. */
  readonly pod: readonly Ask[];
  readonly sidecars: readonly AddedContainer[];
  readonly initContainers: readonly AddedContainer[];
  /** What the primary container is asked for: the default entry overlaid with the primary one. Absent without a primary entry. */
  readonly primary?: readonly Ask[];
  /** What every other container of the workload is asked for. */
  readonly everyContainer: readonly Ask[];
  /** What every init container of the workload is asked for. */
  readonly everyInitContainer: readonly Ask[];
  /** The names of the volumes that it brings. */
  readonly volumes: ReadonlySet<string>;
  /** The volumes that it mounts and doesn't bring. */
  readonly borrowedVolumes: ReadonlySet<string>;
  /** What it can bring into conflict with a pod. */
  readonly pairs: readonly IncompatiblePair[];
  /** Whether containers may come to listen on one port because of it. */
  readonly listens: boolean;
  /** `spec.os.name`. */
  readonly os?: string;
  /** `spec.restartPolicy`. */
  readonly restartPolicy?: string;
}

/** Entries that stand for containers of the workload, or for nothing (specification §1). */
export const specialEntries = {
  containers: { default: 'default', ignored: 'noop' },
  initContainers: { default: 'default-init', ignored: 'primary-init' },
} as const;

export interface CompileInput {
  /** `{metadata?, spec?}` of a valid template. */
  readonly podTemplate: JsonObject;
  readonly primaryContainerName: string;
  readonly protect: ReadonlySet<Protectable>;
  readonly sidecars: Template['sidecars'];
}

/** Takes a valid template apart. What is equal comes out equal, whatever the order of keys in the input. */
export function compilePodTemplate(input: CompileInput): CompiledPodTemplate {
  const podTemplate = sorted(input.podTemplate);
  const spec = objectField(podTemplate, 'spec');
  const metadata = objectField(podTemplate, 'metadata');
  const containers = containersOf(spec, 'containers');
  const initContainers = containersOf(spec, 'initContainers');
  const entry = (list: readonly AddedContainer[], name: string): JsonObject | undefined =>
    list.find((container) => container.name === name)?.value;

  const every = visible(entry(containers, specialEntries.containers.default), input.protect);
  const everyInit = visible(entry(initContainers, specialEntries.initContainers.default), input.protect);
  const primary = visible(entry(containers, input.primaryContainerName), input.protect);
  const account = accountName(spec);
  const asked = account === undefined ? spec : { ...spec, serviceAccountName: account };
  const added = (list: readonly AddedContainer[], notAdded: readonly string[]): readonly AddedContainer[] =>
    list.filter(({ name }) => !notAdded.includes(name));
  const os = stringField(objectField(spec, 'os'), 'name');
  const restartPolicy = stringField(spec, 'restartPolicy');

  const sidecars = added(containers, [
    input.primaryContainerName,
    specialEntries.containers.default,
    specialEntries.containers.ignored,
  ]);
  const inits = added(initContainers, Object.values(specialEntries.initContainers));
  const pod = asksOf(podTemplateSpec, { metadata: onlyMaps(metadata), spec: asked });
  const everyContainer = asksOf(containerSchema, every ?? {});
  const everyInitContainer = asksOf(containerSchema, everyInit ?? {});
  const ofPrimary =
    primary === undefined ? undefined : asksOf(containerSchema, overlay(containerSchema, every ?? {}, primary));
  const volumes = new Set(arrayField(spec, 'volumes').map((volume) => stringField(volume, 'name') ?? ''));
  const all = {
    pod,
    // What the primary entry overrides, other containers are still asked for.
    containers: [...everyContainer, ...(ofPrimary ?? [])],
    initContainers: everyInitContainer,
    added: [...inits, ...sidecars],
    sidecars,
  };
  return {
    pod,
    sidecars,
    initContainers: inits,
    ...(ofPrimary === undefined ? {} : { primary: ofPrimary }),
    everyContainer,
    everyInitContainer,
    volumes,
    borrowedVolumes: borrowedVolumes(all, volumes),
    pairs: breakablePairs(all),
    listens: mayListen(all),
    ...(os === undefined || os === '' ? {} : { os }),
    ...(restartPolicy === undefined || restartPolicy === '' ? {} : { restartPolicy }),
  };
}

/** `serviceAccount` is read where `serviceAccountName` says nothing (§6). */
function accountName(spec: JsonObject): string | undefined {
  const name = stringField(spec, 'serviceAccountName') ?? '';
  return name === '' ? stringField(spec, 'serviceAccount') : name;
}

function containersOf(spec: JsonObject, list: string): readonly AddedContainer[] {
  return arrayField(spec, list)
    .filter(isObject)
    .map((value) => ({ name: stringField(value, 'name') ?? '', value: deepFreeze(value) }));
}

function onlyMaps(metadata: JsonObject): JsonObject {
  return {
    labels: objectField(metadata, 'labels'),
    annotations: objectField(metadata, 'annotations'),
  };
}

/** The entry without what is protected: that never has an effect. */
function visible(entry: JsonObject | undefined, protect: ReadonlySet<Protectable>): JsonObject | undefined {
  if (entry === undefined) return undefined;
  const hidden = new Set<string>(protect);
  if (hidden.has('env')) hidden.add('envFrom');
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !hidden.has(key)));
}
