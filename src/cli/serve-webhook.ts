import { homedir } from 'node:os';
import { openCertificateFiles } from '../certs/certificate-files.ts';
import type { OpenedCertificate } from '../certs/certificate-source.ts';
import { openDevelopmentCertificate } from '../certs/development-certificate.ts';
import { defaultStateFolder } from '../certs/state-folder.ts';
import { toSettings } from '../config/parse-config.ts';
import type { SettingValues } from '../config/settings-table.ts';
import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { buildTemplateSet } from '../core/template-set.ts';
import { createLog } from '../server/log.ts';
import { startServer } from '../server/start-server.ts';
import type { RunningServer } from '../server/start-server.ts';
import type { ActiveTemplates } from './last-good.ts';
import { openClientAuth } from './serve-clients.ts';
import { serverOptions } from './serve-options.ts';
import type { LoadedTemplates } from './template-files.ts';
import { watchTemplates } from './watch-templates.ts';
import type { TemplateWatch } from './watch-templates.ts';

/** The webhook, serving the templates of files. */
export interface Webhook {
  readonly server: RunningServer;
  readonly templates: TemplateWatch;
  /** The development CA; absent where the certificate is brought along. */
  readonly caPath?: string;
  /** Stops, gracefully first; a second call with `now` ends the waiting. */
  readonly stop: (how: 'drain' | 'now') => Promise<void>;
}

export type OpenedWebhook =
  | { readonly kind: 'running'; readonly webhook: Webhook }
  /** One line for the person who started it. */
  | { readonly kind: 'failed'; readonly message: string };

/** What a person is told while it runs. */
export interface WebhookEvents {
  readonly onTemplates: (loaded: LoadedTemplates, active: ActiveTemplates) => void;
  readonly onProblem: (message: string) => void;
}

/** Starts the webhook: certificate, templates, server. */
export async function openWebhook(values: SettingValues, events: WebhookEvents): Promise<OpenedWebhook> {
  let certificateProblems = 0;
  const certificate = await openCertificate(values, (message) => {
    certificateProblems++;
    events.onProblem(message);
  });
  if (certificate.kind === 'failed') return certificate;
  const clients = await openClientAuth(values, events.onProblem);
  if (clients.kind === 'failed') {
    certificate.source.close();
    return clients;
  }
  const settings = toSettings(values);
  const build = ({ templates }: ActiveTemplates): ReturnType<typeof buildTemplateSet> =>
    buildTemplateSet(templates, settings.rootNamespace);
  const templates = await watchTemplates({
    paths: values.templates,
    settings,
    onChange: (loaded, active) => {
      set = build(active);
      events.onTemplates(loaded, active);
    },
  });
  let set = build(templates.active());
  const namespaceOf = (name: string): NamespaceInfo =>
    templates.active().namespaces.get(name) ?? {
      name,
      labels: { 'kubernetes.io/metadata.name': name },
      annotations: {},
    };
  const log = createLog(values.logLevel);
  const started = await startServer({
    ...serverOptions(values, clients.clientAuth),
    certificate: certificate.source,
    certificateProblems: () => certificateProblems,
    context: () => ({ templates: set, settings, namespaceOf }),
    templateCounts: () => ({ active: set.size, invalid: templates.loaded().invalid.size }),
    logger: log.logger,
  });
  const release = async (): Promise<void> => {
    templates.close();
    certificate.source.close();
    clients.close();
    await log.flush();
  };
  if (started.kind === 'failed') {
    await release();
    return started;
  }
  const { server } = started;
  const stop = async (how: 'drain' | 'now'): Promise<void> => {
    await server.stop(how);
    await release();
  };
  const { caPath } = certificate;
  return { kind: 'running', webhook: { server, templates, stop, ...(caPath === undefined ? {} : { caPath }) } };
}

async function openCertificate(
  { tlsCert, tlsKey, tlsNames, stateDir }: SettingValues,
  onProblem: (message: string) => void,
): Promise<OpenedCertificate<{ readonly caPath?: string }>> {
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return openCertificateFiles({ certPath: tlsCert, keyPath: tlsKey, onProblem });
  }
  const folder = stateDir ?? defaultStateFolder(process.env, homedir());
  return openDevelopmentCertificate({ folder, names: tlsNames, onProblem });
}
