import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isObject, objectField, own } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Allowance, Settings } from '../settings.ts';
import type { TemplateEntry } from './special-entries.ts';
import type { Report } from './validate-schema.ts';

/** A place where a template sets something that an operator must have allowed. */
export interface Demand {
  readonly allowance: Allowance;
  /** From the pod template. */
  readonly path: FieldPath;
}

const hostNamespaces = ['hostNetwork', 'hostPID', 'hostIPC'];

/** What of a pod template an operator must have allowed (specification §12), entries for the workload's containers included. */
export function demandsOf(podTemplate: JsonObject, entries: readonly TemplateEntry[]): readonly Demand[] {
  const spec = objectField(podTemplate, 'spec');
  const demands: Demand[] = [];
  const demand = (allowance: Allowance, ...path: FieldPath): void => {
    demands.push({ allowance, path });
  };
  for (const { path, container } of entries.filter(({ role }) => role !== 'ignored')) {
    const security = own(container, 'securityContext');
    const at: FieldPath = [...path, 'securityContext'];
    if (field(security, 'privileged') === true) demand('privileged', ...at, 'privileged');
    if (field(field(security, 'windowsOptions'), 'hostProcess') === true) {
      demand('privileged', ...at, 'windowsOptions', 'hostProcess');
    }
    if (arrayField(field(security, 'capabilities'), 'add').length > 0)
      demand('capabilities', ...at, 'capabilities', 'add');
    for (const [index, port] of arrayField(container, 'ports').entries()) {
      if ((field(port, 'hostPort') ?? 0) !== 0) demand('hostPorts', ...path, 'ports', index, 'hostPort');
    }
  }
  for (const key of hostNamespaces) {
    if (own(spec, key) === true) demand('hostNamespaces', 'spec', key);
  }
  for (const [index, volume] of arrayField(spec, 'volumes').entries()) {
    if (isObject(field(volume, 'hostPath'))) demand('hostPath', 'spec', 'volumes', index, 'hostPath');
  }
  for (const key of ['serviceAccountName', 'serviceAccount']) {
    if ((own(spec, key) ?? '') !== '') demand('serviceAccountName', 'spec', key);
  }
  if (own(spec, 'shareProcessNamespace') === true) demand('shareProcessNamespace', 'spec', 'shareProcessNamespace');
  const podWindows = field(own(spec, 'securityContext'), 'windowsOptions');
  if (field(podWindows, 'hostProcess') === true) {
    demand('privileged', 'spec', 'securityContext', 'windowsOptions', 'hostProcess');
  }
  return demands;
}

/** Reports each demand that the operator hasn't allowed for templates of this namespace (PG044). */
export function checkAllowances(
  demands: readonly Demand[],
  isRoot: boolean,
  settings: Settings,
  path: FieldPath,
  report: Report,
): void {
  const setting = isRoot ? 'allow' : 'allowNamespaced';
  const whose = isRoot ? 'templates of the root namespace' : 'templates outside the root namespace';
  for (const { allowance, path: inner } of demands) {
    if (settings[setting].includes(allowance)) continue;
    report({
      code: 'PG044',
      field: [...path, ...inner],
      detail: `the operator has not allowed it to ${whose}; leave it out, or have ${allowance} put into the setting ${setting}`,
    });
  }
}
