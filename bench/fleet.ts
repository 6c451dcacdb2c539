import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { issueCa, issueLeaf, localNames } from '../src/certs/issue.ts';
import { ask, faultOf } from './ask.ts';
import type { Body } from './bodies.ts';
import type { GoServer } from './go-server.ts';
import { freePorts, startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { podTemplate, writeTemplates } from './templates.ts';

/** The servers, as the tables call them: `podgraft` has 100 templates. */
export const serverNames = ['limit', 'naive', 'go', 'podgraft', 'podgraft-10', 'podgraft-10000'] as const;
export type ServerName = (typeof serverNames)[number];

export type Fleet = ReadonlyMap<ServerName, ServerProcess>;

/** Files that the servers and wrk read, in a temporary folder. */
export interface Workspace {
  readonly folder: string;
  readonly certificate: string;
  readonly key: string;
  /** The CA, as PEM. */
  readonly ca: string;
  readonly template: string;
}

/** Which pods get a template is settled by their namespace too: that makes podgraft look for matching ones. */
const settings = ['--host', '127.0.0.1', '--injection', 'all'];
export const bundle = fileURLToPath(new URL('../dist/podgraft.mjs', import.meta.url));

/** The flags of Node with which the image starts it. */
export function imageFlags(): readonly string[] {
  const text = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const entrypoint = /^ENTRYPOINT (\[.*\])$/mu.exec(text)?.[1] ?? '[]';
  return (JSON.parse(entrypoint) as string[]).filter((word) => word.startsWith('--'));
}

const templateCounts = { 'podgraft-10': 10, podgraft: 100, 'podgraft-10000': 10_000 } as const;

/** Certificate, pod template, template sets and bodies. */
export async function makeWorkspace(folder: string, bodies: readonly Body[]): Promise<Workspace> {
  const now = Date.now();
  const ca = await issueCa(now);
  const leaf = await issueLeaf({ ...ca, notAfterMs: now + 24 * 60 * 60_000 }, localNames, now);
  const workspace: Workspace = {
    folder,
    certificate: path.join(folder, 'tls.crt'),
    key: path.join(folder, 'tls.key'),
    ca: ca.cert,
    template: path.join(folder, 'template.json'),
  };
  writeFileSync(workspace.certificate, leaf.cert);
  writeFileSync(workspace.key, leaf.key, { mode: 0o600 });
  writeFileSync(workspace.template, JSON.stringify(podTemplate));
  for (const [name, count] of Object.entries(templateCounts)) {
    mkdirSync(path.join(folder, name));
    writeTemplates(path.join(folder, name), count);
  }
  for (const body of bodies) writeFileSync(bodyFile(workspace, body), body.text);
  return workspace;
}

export function bodyFile({ folder }: Workspace, { name }: Body): string {
  return path.join(folder, `${name}.json`);
}

/**
 * `node … dist/podgraft.mjs serve` on a template set, as it is shipped: started as the image starts it, log line and metrics on.
 * @param core the one that it runs on; any where it is undefined
 */
export async function startPodgraft(
  name: keyof typeof templateCounts,
  workspace: Workspace,
  core: number | undefined,
  nodeFlags: readonly string[] = [],
): Promise<ServerProcess> {
  const [port = 0, probePort = 0] = await freePorts(2);
  const files = ['--tls-cert', workspace.certificate, '--tls-key', workspace.key];
  const templates = ['--templates', path.join(workspace.folder, name)];
  const ports = ['--port', String(port), '--probe-port', String(probePort)];
  const stop = ['--drain-seconds', '0', '--quiet-seconds', '0'];
  return startServer({
    name,
    command: [
      process.execPath,
      ...imageFlags(),
      ...nodeFlags,
      bundle,
      'serve',
      ...settings,
      ...files,
      ...templates,
      ...ports,
      ...stop,
    ],
    port,
    ...(core !== undefined && { core }),
    isReady: async () => isOk(`http://127.0.0.1:${probePort}/readyz`),
  });
}

/** Starts the Go webhook that is the program `file`; on any core and with as many threads as it likes, or on one core with one. */
export async function startGo(
  file: string,
  workspace: Workspace,
  core: number | undefined,
  first: Body,
): Promise<ServerProcess> {
  const [port = 0] = await freePorts(1);
  const flags = ['-port', String(port), '-certificates', workspace.folder, '-template', workspace.template];
  return startServer({
    name: 'go',
    command: [file, ...flags],
    port,
    ...(core !== undefined && { core, env: { GOMAXPROCS: '1' } }),
    isReady: async () => answers(port, workspace, first),
  });
}

async function answers(port: number, { ca }: Workspace, { text }: Body): Promise<boolean> {
  try {
    return (await ask(port, ca, text)).status === 200;
  } catch {
    return false;
  }
}

/** Starts all servers on one core. */
export async function startFleet(workspace: Workspace, core: number, go: GoServer, first: Body): Promise<Fleet> {
  const { certificate, key, template } = workspace;
  const script = (name: string): string => fileURLToPath(new URL(`servers/${name}.ts`, import.meta.url));
  const starting = serverNames.map(async (name): Promise<readonly [ServerName, ServerProcess] | undefined> => {
    if (name === 'podgraft' || name === 'podgraft-10' || name === 'podgraft-10000') {
      return [name, await startPodgraft(name, workspace, core)];
    }
    if (name === 'go') {
      return go.kind === 'skipped' ? undefined : [name, await startGo(go.file, workspace, core, first)];
    }
    const [port = 0] = await freePorts(1);
    const files = ['--key', key, '--certificate', certificate, '--template', template];
    const command = [process.execPath, script(name), '--port', String(port), ...files];
    const isReady = async (): Promise<boolean> => answers(port, workspace, first);
    return [name, await startServer({ name, command, port, core, isReady })];
  });
  const started = await Promise.all(starting);
  return new Map(started.filter((entry) => entry !== undefined));
}

/** Asks each server once for each body that it will be measured with, and throws where an answer is wrong. */
export async function verify(
  fleet: Fleet,
  workspace: Workspace,
  pairs: readonly { readonly server: ServerName; readonly body: Body }[],
): Promise<void> {
  for (const { server, body } of pairs) {
    const process = fleet.get(server);
    if (process === undefined) continue;
    const isPatched = server !== 'limit' && body.isPatched;
    const fault = faultOf(await ask(process.port, workspace.ca, body.text), body, isPatched);
    if (fault !== undefined) throw new Error(`${server} answers ${body.title} wrongly: ${fault}`);
  }
}

async function isOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    http
      .get(url, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', () => resolve(false));
  });
}
