import { isObject, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import { qualifiedName } from '../kubernetes/text-formats.ts';
import type { Finding, Rule } from './rule.ts';

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const subscript = /^(metadata\.labels|metadata\.annotations)\['(.*)'\]$/s;
const resourceFields = ['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [`limits.${name}`, `requests.${name}`]);
const hugePagesField = /^(limits|requests)\.hugepages-/;
const wholeDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** `valueFrom.fieldRef`: the fields of a pod that an environment variable can have. */
export const envFieldRef: Rule = (value) => fieldRef(value, envFields);
/** A downward API volume's `fieldRef`. */
export const volumeFieldRef: Rule = (value) => fieldRef(value, volumeFields);
/** `valueFrom.resourceFieldRef`: of the container itself unless it names another. */
export const envResourceFieldRef: Rule = (value) => resourceFieldRef(value);
/** A downward API volume's `resourceFieldRef`: it must name the container. */
export const volumeResourceFieldRef: Rule = (value) => [
  ...(isObject(value) && (stringField(value, 'containerName') ?? '') === ''
    ? [{ at: ['containerName'], code: 'PG033', detail: 'must be set in a volume' } as const]
    : []),
  ...resourceFieldRef(value),
];

function fieldRef(value: Parameters<Rule>[0], possible: readonly string[]): readonly Finding[] {
  const path = stringField(value, 'fieldPath') ?? '';
  const version = stringField(value, 'apiVersion') ?? '';
  const findings: Finding[] = [];
  if (version !== '' && version !== 'v1') findings.push({ at: ['apiVersion'], value: version, detail: 'must be v1' });
  const [, list = '', key] = subscript.exec(path) ?? [];
  if (key !== undefined) {
    const wrongKey = qualifiedName(list === 'metadata.annotations' ? key.toLowerCase() : key);
    if (wrongKey !== undefined) findings.push({ at: ['fieldPath'], value: path, detail: `the key in it ${wrongKey}` });
  } else if (path !== '' && !possible.includes(path)) {
    const detail = `must be one of ${possible.join(', ')}, metadata.labels['KEY'], metadata.annotations['KEY']`;
    findings.push({ at: ['fieldPath'], code: 'PG032', value: path, detail });
  }
  return findings;
}

function resourceFieldRef(value: Parameters<Rule>[0]): readonly Finding[] {
  if (!isObject(value)) return [];
  const resource = stringField(value, 'resource') ?? '';
  if (resource !== '' && !resourceFields.includes(resource) && !hugePagesField.test(resource)) {
    const detail = `must be one of ${resourceFields.join(', ')}, or one of hugepages`;
    return [{ at: ['resource'], code: 'PG032', value: resource, detail }];
  }
  return isDivisor(resource, value) ? [] : [{ at: ['divisor'], detail: `is none that ${resource} can have` }];
}

function isDivisor(resource: string, reference: JsonObject): boolean {
  const divisor = parseQuantity(own(reference, 'divisor'));
  if (divisor === undefined || divisor === 0n) return true;
  const possible = resource.endsWith('.cpu') ? ['1', '1m'] : wholeDivisors;
  return possible.some((candidate) => parseQuantity(candidate) === divisor);
}
