import manifest from '../../package.json' with { type: 'json' };
import type { SettingValues } from '../config/settings-table.ts';
import type { ClientAuth } from '../server/client-auth.ts';
import type { ServerOptions } from '../server/start-server.ts';

type FromSettings =
  | 'host'
  | 'port'
  | 'probePort'
  | 'tlsMinVersion'
  | 'maxInFlight'
  | 'drain'
  | 'clientAuth'
  | 'version';

/** What the server takes from the settings, wherever its templates come from. */
export function serverOptions(
  values: SettingValues,
  clientAuth: ClientAuth | undefined,
): Pick<ServerOptions, FromSettings> {
  const { host, port, probePort, tlsMinVersion, maxInFlight, drainSeconds, quietSeconds, drainCapSeconds } = values;
  return {
    ...(host !== undefined && { host }),
    port,
    probePort,
    tlsMinVersion,
    maxInFlight,
    drain: { drainMs: drainSeconds * 1000, quietMs: quietSeconds * 1000, capMs: drainCapSeconds * 1000 },
    ...(clientAuth !== undefined && { clientAuth }),
    version: manifest.version,
  };
}
