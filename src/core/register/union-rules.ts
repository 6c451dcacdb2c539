import { isArray, isObject, own } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { isSet } from './rule.ts';
import type { Finding } from './rule.ts';

/** Of some fields of a type, at most one may be set; `required`: exactly one. */
interface Union {
  readonly fields: readonly string[] | 'all but name';
  readonly required: boolean;
  /** What the fields are, for the message. */
  readonly noun: string;
}

const unions: Readonly<Record<string, Union>> = {
  // A volume without a source is an emptyDir.
  Volume: { fields: 'all but name', required: false, noun: 'source' },
  VolumeProjection: { fields: 'all but name', required: false, noun: 'source' },
  EnvVarSource: { fields: 'all but name', required: true, noun: 'source' },
  EnvFromSource: { fields: ['configMapRef', 'secretRef'], required: true, noun: 'source' },
  Probe: { fields: ['exec', 'grpc', 'httpGet', 'tcpSocket'], required: true, noun: 'handler' },
  LifecycleHandler: { fields: ['exec', 'httpGet', 'sleep', 'tcpSocket'], required: true, noun: 'handler' },
  PodResourceClaim: {
    fields: ['resourceClaimName', 'resourceClaimTemplateName'],
    required: true,
    noun: 'of resourceClaimName and resourceClaimTemplateName',
  },
  DownwardAPIVolumeFile: {
    fields: ['fieldRef', 'resourceFieldRef'],
    required: true,
    noun: 'of fieldRef and resourceFieldRef',
  },
  ClusterTrustBundleProjection: { fields: ['name', 'signerName'], required: true, noun: 'of name and signerName' },
  FCVolumeSource: { fields: ['targetWWNs', 'wwids'], required: true, noun: 'of targetWWNs and wwids' },
  FlockerVolumeSource: {
    fields: ['datasetName', 'datasetUUID'],
    required: true,
    noun: 'of datasetName and datasetUUID',
  },
};

/** Fields that must be there and not empty though the schema doesn't say so, by type. */
const needed: Readonly<Record<string, readonly string[]>> = {
  ConfigMapVolumeSource: ['name'],
  ConfigMapProjection: ['name'],
  ConfigMapEnvSource: ['name'],
  ConfigMapKeySelector: ['name'],
  SecretVolumeSource: ['secretName'],
  SecretProjection: ['name'],
  SecretEnvSource: ['name'],
  SecretKeySelector: ['name'],
  ContainerRestartRule: ['exitCodes'],
  EphemeralVolumeSource: ['volumeClaimTemplate'],
  ExecAction: ['command'],
  ImageVolumeSource: ['reference'],
  PersistentVolumeClaimSpec: ['accessModes'],
  PodDNSConfigOption: ['name'],
  PodSchedulingGroup: ['podGroupName'],
  ScaleIOVolumeSource: ['volumeName'],
  StorageOSVolumeSource: ['volumeName'],
};

/** What is set beside another though only one of them may be, and what is missing, in an object of a type. */
export function judgeUnion(type: string, object: JsonObject): readonly Finding[] {
  const missing = Object.hasOwn(needed, type) ? (needed[type] ?? []) : [];
  const union = Object.hasOwn(unions, type) ? unions[type] : undefined;
  return [
    ...missing
      .filter((name) => !isSet(own(object, name)))
      .map((name): Finding => ({ at: [name], code: 'PG033', detail: `${type} must have ${name}` })),
    ...(union === undefined ? [] : judge(union, object)),
  ];
}

function judge({ fields, required, noun }: Union, object: JsonObject): readonly Finding[] {
  const isCandidate = (key: string): boolean => (fields === 'all but name' ? key !== 'name' : fields.includes(key));
  const present = Object.keys(object).filter((key) => isCandidate(key) && isGiven(object, key));
  const [first, ...others] = present;
  if (first === undefined) return required ? [{ at: [], code: 'PG033', detail: `must have one ${noun}` }] : [];
  return others.map((key) => ({ at: [key], detail: `there is ${first} already; only one ${noun} may be set` }));
}

// What isn't of the type that such a field has is reported as that, not as a second source.
function isGiven(object: JsonObject, key: string): boolean {
  const value = own(object, key);
  return isObject(value) || (isSet(value) && (typeof value === 'string' || isArray(value)));
}
