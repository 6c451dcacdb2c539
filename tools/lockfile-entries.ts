/** A lockfile of npm (version 3), as far as we look at it. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockfileEntry>>;
}

export interface LockfileEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Record<string, string>;
}

export function parseLockfile(text: string): Lockfile {
  // npm wrote it.
  return JSON.parse(text) as Lockfile;
}

/** The optional dependencies that an entry names and the lockfile doesn't hold: `npm ci` refuses such a lockfile. */
export function unlocked({ packages }: Lockfile): { from: string; name: string }[] {
  return Object.entries(packages).flatMap(([from, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !candidates(from, name).some((place) => Object.hasOwn(packages, place)))
      .map((name) => ({ from, name })),
  );
}

/** Where a package at `from` finds `name`: its own node_modules, then those of the folders above it. */
function candidates(from: string, name: string): string[] {
  const folders = from === '' ? [] : from.split(/(?=\/node_modules\/)/);
  return folders
    .map((_, index) => `${folders.slice(0, index + 1).join('')}/node_modules/${name}`)
    .concat(`node_modules/${name}`);
}
