import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonical, field, isObject, own, setOwn } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import { normalise } from '../kubernetes/normalise.ts';
import { podTemplateSpec } from '../kubernetes/schema.ts';
import type { TemplateSettings } from './template-settings-defaults.ts';

const amounts = { kind: 'map', values: { kind: 'quantity' }, atomic: false } as const;

/**
 * `sha256:` and 64 hex digits over all that decides a graft (specification §2): the pod template, primaryContainerName, protect,
 * conflictPolicy and sidecars, after defaults and normalisation. Which pods get the template, and its description, don't count.
 */
export function templateHash(podTemplate: JsonObject, settings: TemplateSettings): string {
  const { lifecycle, lifecycleByName, initOrder, resources } = settings.sidecars;
  const text = canonical({
    template: normalise(podTemplateSpec, withAccountName(podTemplate)),
    primaryContainerName: settings.primaryContainerName,
    protect: [...settings.protect].toSorted(),
    conflictPolicy: settings.conflictPolicy,
    sidecars: {
      lifecycle,
      lifecycleByName: toObject(lifecycleByName),
      initOrder,
      resources: {
        requests: normalise(amounts, resources?.requests ?? {}),
        limits: normalise(amounts, resources?.limits ?? {}),
      },
    },
  });
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

// serviceAccount is read as serviceAccountName, and so hashed.
function withAccountName(podTemplate: JsonObject): JsonObject {
  const spec = own(podTemplate, 'spec');
  if (!isObject(spec)) return podTemplate;
  const { serviceAccount, ...rest } = spec;
  const name = field(spec, 'serviceAccountName') ?? '';
  const account: Json = name === '' ? (serviceAccount ?? null) : name;
  return { ...podTemplate, spec: { ...rest, serviceAccountName: account } };
}

function toObject(map: ReadonlyMap<string, string>): JsonObject {
  const result: MutableJsonObject = {};
  for (const [key, value] of map) setOwn(result, key, value);
  return result;
}
