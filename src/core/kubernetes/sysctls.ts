import { field, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { objects } from './incompatible-pair.ts';

/** The names of a pod's sysctls, with dots. */
export function sysctlNames(spec: JsonObject): readonly string[] {
  return objects(field(spec, 'securityContext'), 'sysctls').map((sysctl) => dotted(stringField(sysctl, 'name') ?? ''));
}

/** `net/ipv4/conf/eno2.100/rp_filter` is another spelling of `net.ipv4.conf.eno2/100.rp_filter` (k8s.io/component-helpers). */
function dotted(name: string): string {
  return /^[^./]*\//u.test(name) ? name.replaceAll(/[./]/gu, (separator) => (separator === '.' ? '/' : '.')) : name;
}

/** Of the network namespace. */
export function isNetSysctl(name: string): boolean {
  return name.startsWith('net.');
}

/** Of the IPC namespace. */
export function isIpcSysctl(name: string): boolean {
  return ipcSysctls.includes(name) || name.startsWith('fs.mqueue.');
}

const ipcSysctls: readonly string[] = [
  'kernel.msg',
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shm',
  'kernel.shm_rmid_forced',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
];
