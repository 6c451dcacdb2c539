import { capabilitiesToAllow, defaultSettings } from '../core/settings.ts';
import { clusterSettings } from './cluster-settings.ts';
import { setting } from './setting.ts';
import type { Setting } from './setting.ts';
import { labelSelectors, resourcePresets } from './structures.ts';
import { boolean, integer, listOf, oneOf, optional, text } from './value-type.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;
const namespaceName = text('namespace', dnsLabel, 'a namespace: a DNS label of at most 63 characters');
const templateName = text('name', dnsLabel, 'the name of a template: a DNS label of at most 63 characters');
const ownerKind = text('group/Kind', /^[a-z0-9.-]*\/[A-Za-z0-9]+$/u, 'a group and kind, such as batch/Job');
const dnsName = text('name', /^[A-Za-z0-9*.:-]{1,253}$/u, 'a DNS name or an IP address');
const subject = text('name', /^[^,\s]{1,253}$/u, 'a common name or a DNS name');
const port = integer('port', 0, 65_535);
const path = text('path');
const allowances = listOf(oneOf('what', capabilitiesToAllow));

/** What only `serve` needs. */
const serverSettings = {
  host: setting(optional(text('address')), undefined, 'the address to listen on; all addresses where it is not set'),
  port: setting(port, 8443, 'the port of the webhooks (HTTPS)'),
  probePort: setting(port, 8080, 'the port of /livez, /readyz and /metrics (plain HTTP)'),
  templates: setting(listOf(path), [], 'directories and files with templates; reloaded when they change'),
  tlsCert: setting(optional(path), undefined, 'the certificate chain as PEM; reloaded when it changes'),
  tlsKey: setting(optional(path), undefined, 'the private key of the certificate as PEM'),
  tlsNames: setting(listOf(dnsName), [], 'names for the development certificate besides localhost'),
  tlsMinVersion: setting(oneOf('version', ['TLSv1.2', 'TLSv1.3']), 'TLSv1.2', 'the oldest TLS that is spoken'),
  clientCaFile: setting(
    optional(path),
    undefined,
    'CAs as PEM: who calls needs a certificate of one of them; reloaded when it changes',
  ),
  clientSubjects: setting(
    listOf(subject),
    [],
    'common names or DNS names of the clients that may call; any where none is set',
  ),
  stateDir: setting(
    optional(path),
    undefined,
    'where development certificates are kept; $XDG_STATE_HOME/podgraft where it is not set',
  ),
  logLevel: setting(
    oneOf('level', ['debug', 'info', 'warn', 'error', 'silent']),
    'info',
    'the least important kind of line that is logged',
  ),
  maxInFlight: setting(integer('number', 1, 100_000), 200, 'how many reviews are worked on at once; more get a 429'),
  drainSeconds: setting(integer('seconds', 0, 3600), 10, 'how long at least a stop waits for the last requests'),
  quietSeconds: setting(integer('seconds', 0, 3600), 5, 'how long no request may have come before a stop ends'),
  drainCapSeconds: setting(integer('seconds', 0, 3600), 45, 'how long at most a stop waits for quiet'),
} as const;

/** What the core decides by (specification §§1–12). */
export const coreSettings = {
  rootNamespace: setting(namespaceName, defaultSettings.rootNamespace, 'where admins keep templates for everyone'),
  injection: setting(
    oneOf('where', ['labelled', 'all']),
    defaultSettings.injection,
    'where default and matched templates apply: in labelled namespaces, or in all that are not excluded',
  ),
  excludedNamespaces: setting(
    listOf(namespaceName),
    defaultSettings.excludedNamespaces,
    'namespaces whose pods are never touched, besides those of the system',
  ),
  defaultTemplate: setting(
    optional(templateName),
    defaultSettings.defaultTemplate,
    'the template of pods that name none, where their namespace has no default of its own',
  ),
  primaryContainerNames: setting(
    listOf(templateName),
    defaultSettings.primaryContainerNames,
    'names that make a container the primary one, the first that fits',
  ),
  sidecarResources: setting(
    resourcePresets,
    defaultSettings.sidecarResources,
    'requests and limits of sidecars that set neither, as {requests: {cpu, memory}, limits: {cpu, memory}}',
  ),
  'reusable.selectors': setting(
    labelSelectors,
    defaultSettings.reusable.selectors,
    'label selectors of the pods of reusable environments',
  ),
  'reusable.ownerKinds': setting(
    listOf(ownerKind),
    defaultSettings.reusable.ownerKinds,
    'owners, as group/Kind, whose pods are of reusable environments',
  ),
  'required.enabled': setting(boolean, defaultSettings.required.enabled, 'whether a template may be Required'),
  allow: setting(allowances, defaultSettings.allow, 'what templates of the root namespace may carry'),
  allowNamespaced: setting(allowances, defaultSettings.allowNamespaced, 'what templates of other namespaces may carry'),
} as const;

export const allSettings = { ...serverSettings, ...clusterSettings, ...coreSettings } as const;
export type SettingKey = keyof typeof allSettings;

/** All settings' values by their keys. */
export type SettingValues = {
  readonly [K in SettingKey]: (typeof allSettings)[K] extends Setting<infer T> ? T : never;
};

/** All keys, in the order of the table. */
export const settingKeys = Object.keys(allSettings) as readonly SettingKey[];

/** `probePort` → `probe-port`, `reusable.ownerKinds` → `reusable-owner-kinds`. */
export function flagOf(key: SettingKey): string {
  return key.replaceAll('.', '-').replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** `probePort` → `PODGRAFT_PROBE_PORT`. */
export function envOf(key: SettingKey): string {
  return `PODGRAFT_${flagOf(key).replaceAll('-', '_').toUpperCase()}`;
}
