import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { issueLeaf, localNames } from '../../src/certs/issue.ts';
import type { Issued } from '../../src/certs/issue.ts';
import { note } from './clients.ts';
import type { Tally } from './clients.ts';
import { systems } from './traffic.ts';

/** The files that a server under soak reads. */
export interface Files {
  readonly templates: string;
  readonly certificate: string;
  readonly key: string;
}

export type CertificateAuthority = Issued & { readonly notAfterMs: number };

/** Puts the templates of all five systems there. */
export function writeSystems({ templates }: Files): void {
  for (const folder of systems()) {
    copyFileSync(path.join(folder, 'template.yaml'), path.join(templates, `${path.basename(folder)}.yaml`));
  }
}

/** Adds templates, breaks them, mends them and takes them away, once a second. The systems' own are touched but stay valid. */
export async function changeTemplates(files: Files, tally: Tally, signal: AbortSignal): Promise<void> {
  const file = path.join(files.templates, 'changing.yaml');
  for (let version = 0; !signal.aborted; version += 1) {
    const steps = [template(version), 'spec: [', template(version).replace('image:', 'imagine:'), undefined];
    const text = steps[version % steps.length];
    if (text === undefined) rmSync(file, { force: true });
    else writeFileSync(file, text);
    if (version % steps.length === 0) writeSystems(files);
    note(tally, 'a change of the templates');
    await wait(1000);
  }
}

function template(version: number): string {
  return `apiVersion: podgraft.dev/v1alpha1
kind: InjectionTemplate
metadata: {name: changing}
spec:
  template:
    metadata: {labels: {version: "${version}"}}
    spec:
      containers: [{name: changing, image: "example.test/changing:${version}"}]
`;
}

/** Writes a new certificate of the same CA every other second; now and then its key comes late. */
export async function swapCertificates(
  files: Files,
  ca: CertificateAuthority,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    const leaf = await issueLeaf(ca, localNames, Date.now());
    replace(files.certificate, leaf.cert);
    if (count % 3 === 0) await wait(500);
    replace(files.key, leaf.key);
    note(tally, 'a new certificate');
    await wait(2000);
  }
}

export function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
