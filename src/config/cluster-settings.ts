import { setting } from './setting.ts';
import { boolean, integer, listOf, oneOf, optional, text } from './value-type.ts';

const daySeconds = 24 * 60 * 60;
const objectName = text('name', /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/u, 'the name of an object of the cluster');

/** Shorter lives than this are for tests only, and shorter ones still could not be kept up with (contract P4). */
const minLifeSeconds = 30;

/** What `serve` needs in a cluster. */
export const clusterSettings = {
  cluster: setting(
    boolean,
    false,
    'read templates and namespaces from the cluster; it does so anyway where no --templates are named and there is one',
  ),
  kubeconfig: setting(
    optional(text('path')),
    undefined,
    "the way to the cluster; else $KUBECONFIG, the pod's own account, ~/.kube/config",
  ),
  namespace: setting(
    optional(objectName),
    undefined,
    "podgraft's own namespace; else $POD_NAMESPACE, or that of the pod's account",
  ),
  serviceName: setting(objectName, 'podgraft', 'the Service that the webhooks call'),
  certificates: setting(
    optional(oneOf('how', ['self-managed', 'cert-manager', 'files'])),
    undefined,
    'who makes the certificate in a cluster: podgraft itself, or, in the files of tlsCert and tlsKey, cert-manager or somebody else; self-managed where it is not set and no files are named',
  ),
  certificateSecret: setting(objectName, 'podgraft-certificates', 'the Secret that replicas share their CA in'),
  mutatingWebhookConfigurations: setting(
    listOf(objectName),
    ['00-podgraft'],
    'the configurations whose caBundle is kept up to date',
  ),
  validatingWebhookConfigurations: setting(
    listOf(objectName),
    ['podgraft'],
    'the configurations whose caBundle is kept up to date',
  ),
  statusLease: setting(objectName, 'podgraft-status', 'the Lease of the replica that writes the status of templates'),
  caLifeSeconds: setting(
    integer('seconds', minLifeSeconds, 10 * 365 * daySeconds),
    365 * daySeconds,
    'how long a self-managed CA lives; at least three times as long as a leaf',
  ),
  leafLifeSeconds: setting(
    integer('seconds', minLifeSeconds, 365 * daySeconds),
    7 * daySeconds,
    'how long a self-managed certificate of a replica lives',
  ),
  templatesPerNamespace: setting(
    integer('number', 0, 100_000),
    50,
    'how many templates a namespace other than the root namespace may bring',
  ),
  templateBytesPerNamespace: setting(
    integer('bytes', 0, 1024 * 1024 * 1024),
    1024 * 1024,
    'how many bytes of templates a namespace other than the root namespace may bring',
  ),
} as const;
