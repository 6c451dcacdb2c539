import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isObject, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { isHostProcess, profileNeeds } from './pod-security-profiles.ts';
import type { SecurityNeed } from './pod-security-profiles.ts';
import type { TemplateEntry } from './special-entries.ts';

const baselineCapabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const hooks = ['postStart', 'preStop'];

/** What of one entry needs more than the level `restricted`; `spec` is the template's. */
export function containerNeeds(entry: TemplateEntry, spec: JsonObject): readonly SecurityNeed[] {
  if (entry.role === 'ignored') return [];
  const context = own(entry.container, 'securityContext');
  const path: FieldPath = [...entry.path, 'securityContext'];
  const whose = `container ${JSON.stringify(entry.name)}`;
  return [
    ...privilegedNeeds(entry, context, path, whose, own(spec, 'hostUsers') === false),
    ...profileNeeds(context, path, whose),
    ...hostNeeds(entry, whose),
    ...capabilityNeeds(context, path, whose),
    ...explicitNeeds(context, path, whose, own(spec, 'hostUsers') === false),
    ...(entry.role === 'added' ? missingNeeds(context, path, whose, spec) : []),
  ];
}

function privilegedNeeds(
  { container, path: entryPath }: TemplateEntry,
  context: Json | undefined,
  path: FieldPath,
  whose: string,
  hasUserNamespace: boolean,
): readonly SecurityNeed[] {
  const needs: SecurityNeed[] = [];
  if (field(context, 'privileged') === true) {
    needs.push({ level: 'privileged', path: [...path, 'privileged'], says: `${whose} is privileged` });
  }
  if (isHostProcess(context)) {
    const at = [...path, 'windowsOptions', 'hostProcess'];
    needs.push({ level: 'privileged', path: at, says: `${whose} is a process of the host` });
  }
  if (field(context, 'procMount') === 'Unmasked') {
    const level = hasUserNamespace ? 'baseline' : 'privileged';
    needs.push({ level, path: [...path, 'procMount'], says: `procMount of ${whose} is Unmasked` });
  }
  for (const [index, port] of arrayField(container, 'ports').entries()) {
    if ((field(port, 'hostPort') ?? 0) === 0) continue;
    needs.push({
      level: 'privileged',
      path: [...entryPath, 'ports', index, 'hostPort'],
      says: `${whose} has a hostPort`,
    });
  }
  return needs;
}

function hostNeeds({ container, path }: TemplateEntry, whose: string): readonly SecurityNeed[] {
  const handlers: readonly FieldPath[] = [
    ...probes.map((probe) => [probe]),
    ...hooks.map((hook) => ['lifecycle', hook]),
  ];
  return handlers.flatMap((handler) =>
    ['httpGet', 'tcpSocket'].flatMap((action): readonly SecurityNeed[] => {
      const at = [...handler, action, 'host'];
      const host = at.reduce<Json | undefined>((value, key) => field(value, String(key)), container) ?? '';
      const says = `a probe or hook of ${whose} names a host`;
      return host === '' ? [] : [{ level: 'privileged', path: [...path, ...at], says }];
    }),
  );
}

function capabilityNeeds(context: Json | undefined, path: FieldPath, whose: string): readonly SecurityNeed[] {
  const at = [...path, 'capabilities', 'add'];
  return arrayField(field(context, 'capabilities'), 'add').flatMap((capability, index): readonly SecurityNeed[] => {
    if (typeof capability !== 'string' || capability === 'NET_BIND_SERVICE') return [];
    const level = baselineCapabilities.includes(capability) ? 'baseline' : 'privileged';
    return [{ level, path: [...at, index], says: `${whose} adds the capability ${capability}` }];
  });
}

function explicitNeeds(
  context: Json | undefined,
  path: FieldPath,
  whose: string,
  hasUserNamespace: boolean,
): readonly SecurityNeed[] {
  const needs: SecurityNeed[] = [];
  const need = (key: string, value: Json): void => {
    if (field(context, key) !== value) return;
    needs.push({ level: 'baseline', path: [...path, key], says: `${key} of ${whose} is ${JSON.stringify(value)}` });
  };
  need('allowPrivilegeEscalation', true);
  if (hasUserNamespace) return needs;
  need('runAsNonRoot', false);
  need('runAsUser', 0);
  return needs;
}

/** What a container must say of itself, or its pod for it, to be a restricted one. */
function missingNeeds(
  context: Json | undefined,
  path: FieldPath,
  whose: string,
  spec: JsonObject,
): readonly SecurityNeed[] {
  const pod = own(spec, 'securityContext');
  const isWindows = stringField(own(spec, 'os'), 'name') === 'windows';
  const needs: SecurityNeed[] = [];
  const missing = (key: readonly string[], says: string): void => {
    needs.push({ level: 'baseline', path: [...path, ...key], says: `${whose} ${says}` });
  };
  if (own(spec, 'hostUsers') !== false && !isSet(context, 'runAsNonRoot') && field(pod, 'runAsNonRoot') !== true) {
    missing(['runAsNonRoot'], "doesn't set runAsNonRoot: true");
  }
  if (isWindows) return needs;
  if (!isSet(context, 'allowPrivilegeEscalation')) {
    missing(['allowPrivilegeEscalation'], "doesn't set allowPrivilegeEscalation: false");
  }
  if (!arrayField(field(context, 'capabilities'), 'drop').includes('ALL')) {
    missing(['capabilities', 'drop'], "doesn't drop the capabilities ALL");
  }
  if (!isObject(field(context, 'seccompProfile')) && !isObject(field(pod, 'seccompProfile'))) {
    missing(['seccompProfile'], 'has no seccompProfile');
  }
  return needs;
}

function isSet(context: Json | undefined, key: string): boolean {
  return (field(context, key) ?? null) !== null;
}
