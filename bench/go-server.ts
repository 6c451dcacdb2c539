import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export type GoServer =
  | { readonly kind: 'built'; readonly file: string; readonly version: string }
  /** One sentence. */
  | { readonly kind: 'skipped'; readonly why: string };

const folder = fileURLToPath(new URL('go', import.meta.url));
const sources = ['main.go', 'go.mod', 'go.sum'];

/** Builds the Go webhook, once per version of its source, into the user's cache. */
export function buildGoServer(): GoServer {
  const { stdout, error, status } = spawnSync('go', ['env', 'GOVERSION'], { cwd: folder, encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    return { kind: 'skipped', why: 'the Go server was skipped: there is no Go on this machine that can build it' };
  }
  const version = stdout.trim();
  const hash = createHash('sha256').update(version);
  for (const source of sources) hash.update(readFileSync(path.join(folder, source)));
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'podgraft', 'bench');
  const file = path.join(cache, `go-server-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(file)) return { kind: 'built', file, version };
  process.stderr.write('Building the Go server (the first time it downloads controller-runtime) ...\n');
  mkdirSync(cache, { recursive: true });
  const build = spawnSync('go', ['build', '-mod=readonly', '-o', file, '.'], { cwd: folder, encoding: 'utf8' });
  if (build.status === 0) return { kind: 'built', file, version };
  const [reason = 'no reason given'] = build.stderr.trim().split('\n').slice(-1);
  return { kind: 'skipped', why: `the Go server was skipped: go build says: ${reason}` };
}
