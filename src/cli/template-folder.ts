import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readInput, reasonOf } from './read-input.ts';
import type { Input } from './read-input.ts';

/** What a `--templates` argument leads to. */
export interface TemplateSource {
  readonly path: string;
  readonly files: readonly Input[];
  /** One line where the path itself can't be read. */
  readonly problem?: string;
}

const isTemplateName = (name: string): boolean => /\.(?:ya?ml|json)$/i.test(name) && !name.startsWith('.');

/** Reads a file, stdin (`-`), or the YAML and JSON files right in a directory, in the order of their names; links are followed. */
export async function readTemplateSource(source: string): Promise<TemplateSource> {
  try {
    const isFile = source === '-' || !(await stat(source)).isDirectory();
    if (isFile) return { path: source, files: [await readInput(source)] };
    const names = (await readdir(source)).filter(isTemplateName).toSorted();
    const files: Input[] = [];
    for (const name of names) {
      const file = path.join(source, name);
      if (await isDirectory(file)) continue;
      files.push(await readInput(file));
    }
    return { path: source, files };
  } catch (error) {
    return { path: source, files: [], problem: `${source}: ${reasonOf(error)}` };
  }
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false; // reading it says why
  }
}
