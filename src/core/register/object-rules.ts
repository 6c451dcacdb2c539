import { arrayField, field, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { dns1123Subdomain, relativePath } from '../kubernetes/text-formats.ts';
import type { TextFormat } from '../kubernetes/text-formats.ts';
import { isSet } from './rule.ts';
import type { Finding, ObjectRule } from './rule.ts';
import { schedulingRules } from './scheduling-rules.ts';
import { judgeUnion } from './union-rules.ts';

const maxProfileLength = 4095;

/** What Kubernetes 1.36 demands of an object as a whole, by type. */
const rules: Readonly<Record<string, ObjectRule>> = {
  ...schedulingRules,
  Container: probes,
  EnvVar: (variable) =>
    isSet(own(variable, 'value')) && isObject(own(variable, 'valueFrom'))
      ? [{ at: ['valueFrom'], detail: 'may not stand beside a value; take one out' }]
      : [],
  VolumeMount: volumeMount,
  SeccompProfile: (profile) => localhostProfile(profile, relativePath),
  AppArmorProfile: (profile) => localhostProfile(profile, appArmorProfileName),
  LocalObjectReference: (reference) => {
    const name = stringField(reference, 'name') ?? '';
    const wrong = name === '' ? undefined : dns1123Subdomain(name);
    return wrong === undefined ? [] : [{ at: ['name'], value: name, detail: wrong }];
  },
  PersistentVolumeClaimTemplate: (template) =>
    Object.entries(objectField(template, 'metadata'))
      .filter(([key, value]) => key !== 'labels' && key !== 'annotations' && isSet(value))
      .map(([key]) => ({ at: ['metadata', key], detail: 'may not be set; only labels and annotations may' })),
  PersistentVolumeClaimSpec: claimSpec,
  AzureDiskVolumeSource: (disk) => {
    const start = own(disk, 'kind') === 'Managed' ? '/subscriptions/' : 'https://';
    const uri = stringField(disk, 'diskURI') ?? '';
    return uri === '' || uri.startsWith(start)
      ? []
      : [{ at: ['diskURI'], value: uri, detail: `must begin with ${start}` }];
  },
};

/** All that is wrong with an object of a type as a whole. */
export function judgeObject(type: string, object: JsonObject): readonly Finding[] {
  const rule = Object.hasOwn(rules, type) ? rules[type] : undefined;
  return [...judgeUnion(type, object), ...(rule?.(object) ?? [])];
}

function probes(value: JsonObject): readonly Finding[] {
  const findings: Finding[] = [];
  for (const probe of ['livenessProbe', 'startupProbe']) {
    const threshold = field(own(value, probe), 'successThreshold');
    if (typeof threshold === 'number' && threshold > 1) {
      findings.push({ at: [probe, 'successThreshold'], detail: 'must be 1' });
    }
  }
  if (isSet(field(own(value, 'readinessProbe'), 'terminationGracePeriodSeconds'))) {
    findings.push({
      at: ['readinessProbe', 'terminationGracePeriodSeconds'],
      detail: 'may not be set in a readinessProbe',
    });
  }
  return findings;
}

function volumeMount(mount: JsonObject): readonly Finding[] {
  const findings: Finding[] = [];
  if (isSet(own(mount, 'subPath')) && isSet(own(mount, 'subPathExpr'))) {
    findings.push({ at: ['subPathExpr'], detail: 'may not stand beside subPath; take one out' });
  }
  const recursive = own(mount, 'recursiveReadOnly');
  if (recursive !== 'Enabled' && recursive !== 'IfPossible') return findings;
  if (own(mount, 'readOnly') !== true) {
    findings.push({ at: ['recursiveReadOnly'], detail: 'may be set only where readOnly is true' });
  }
  if ((own(mount, 'mountPropagation') ?? 'None') !== 'None') {
    findings.push({ at: ['recursiveReadOnly'], detail: 'may be set only where mountPropagation is None' });
  }
  return findings;
}

function localhostProfile(profile: JsonObject, format: TextFormat): readonly Finding[] {
  const name: Json = own(profile, 'localhostProfile') ?? null;
  const at = ['localhostProfile'];
  if (own(profile, 'type') !== 'Localhost') {
    return name === null ? [] : [{ at, detail: 'may be set only where the type is Localhost' }];
  }
  if (name === null) return [{ at, code: 'PG033', detail: 'must be set where the type is Localhost' }];
  const wrong = typeof name === 'string' ? format(name) : undefined;
  return wrong === undefined ? [] : [{ at, detail: wrong }];
}

const appArmorProfileName: TextFormat = (name) =>
  name === '' || name.trim() !== name || name.length > maxProfileLength
    ? `must be a name without a space at either end, at most ${maxProfileLength} characters`
    : undefined;

function claimSpec(spec: JsonObject): readonly Finding[] {
  const modes = arrayField(spec, 'accessModes');
  const requests = objectField(own(spec, 'resources'), 'requests');
  return [
    ...(modes.includes('ReadWriteOncePod') && modes.length > 1
      ? [{ at: ['accessModes'], detail: 'may not hold another mode beside ReadWriteOncePod' }]
      : []),
    ...(isSet(own(requests, 'storage'))
      ? []
      : [{ at: ['resources', 'requests', 'storage'], code: 'PG033', detail: 'a claim must request storage' } as const]),
  ];
}
