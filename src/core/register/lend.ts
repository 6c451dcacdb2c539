import { arrayField, field, isObject, objectField, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { TemplateEntry } from './special-entries.ts';

/** What the containers of a template use without the template bringing it: the pod must have it. */
export interface Lent {
  readonly volumes: readonly JsonObject[];
  readonly resourceClaims: readonly JsonObject[];
}

/**
 * Stand-ins for the volumes and claims that a template's containers use but that must come from the pod: with them the template can
 * be judged by itself (specification §12).
 */
export function lendMissing(podTemplate: JsonObject, entries: readonly TemplateEntry[]): Lent {
  const spec = objectField(podTemplate, 'spec');
  const volumes = new Map<string, JsonObject>();
  const claims = new Map<string, JsonObject>();
  const add = (map: Map<string, JsonObject>, list: string, name: string | undefined, source: JsonObject): void => {
    if (name === undefined || name === '' || map.has(name)) return;
    if (!arrayField(spec, list).some((element) => stringField(element, 'name') === name)) {
      map.set(name, { name, ...source });
    }
  };
  for (const { container } of entries.filter(({ role }) => role !== 'ignored')) {
    for (const device of arrayField(container, 'volumeDevices')) {
      add(volumes, 'volumes', stringField(device, 'name'), { persistentVolumeClaim: { claimName: 'lent' } });
    }
    for (const mount of arrayField(container, 'volumeMounts')) {
      add(volumes, 'volumes', stringField(mount, 'name'), { emptyDir: {} });
    }
    for (const variable of arrayField(container, 'env')) {
      const file = field(field(variable, 'valueFrom'), 'fileKeyRef');
      if (isObject(file)) add(volumes, 'volumes', stringField(file, 'volumeName'), { emptyDir: {} });
    }
    for (const claim of arrayField(objectField(container, 'resources'), 'claims')) {
      add(claims, 'resourceClaims', stringField(claim, 'name'), { resourceClaimName: 'lent' });
    }
  }
  return { volumes: [...volumes.values()], resourceClaims: [...claims.values()] };
}
