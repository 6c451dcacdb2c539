import { readFile } from 'node:fs/promises';

export type ReadText =
  | { readonly kind: 'text'; readonly text: string }
  /** One line that names the file and its flag. */
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads a file that was named with a flag. */
export async function readText(file: string, flag: string): Promise<ReadText> {
  try {
    return { kind: 'text', text: await readFile(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { kind: 'unreadable', message: `${file} cannot be read (${code}); see ${flag}` };
  }
}
