import { readFile, stat } from 'node:fs/promises';

/** The text of a file, or why there is none: one line that names the file and says what to do. */
export type Input =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'unreadable'; readonly name: string; readonly message: string };

const maxBytes = 8 * 1024 * 1024;

/** Reads a file as UTF-8 text of at most 8 MiB; `-` is stdin. */
export async function readInput(name: string): Promise<Input> {
  try {
    if (name === '-') return decode('stdin', await readStdin());
    const { size } = await stat(name);
    if (size > maxBytes) return tooLarge(name);
    return decode(name, await readFile(name));
  } catch (error) {
    return { kind: 'unreadable', name, message: `${name}: ${reasonOf(error)}` };
  }
}

async function readStdin(): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string): Input {
  const message = `${name}: more than ${maxBytes / 1024 / 1024} MiB; split it into several files`;
  return { kind: 'unreadable', name, message };
}

// A byte order mark stays, so that what isn't changed stays byte for byte.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(name: string, bytes: Uint8Array | undefined): Input {
  if (bytes === undefined || bytes.length > maxBytes) return tooLarge(name);
  if (bytes.includes(0))
    return { kind: 'unreadable', name, message: `${name}: this is a binary file, not YAML or JSON` };
  try {
    return { kind: 'text', name, text: utf8.decode(bytes) };
  } catch {
    return { kind: 'unreadable', name, message: `${name}: the text is not UTF-8; convert it` };
  }
}

/** What the system says about a file, in a person's words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or directory';
    case 'EISDIR':
      return 'this is a directory; name the files in it';
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read by this user';
    case 'ENOTDIR':
      return 'a part of the path is a file, not a directory';
    case 'ELOOP':
      return 'its symbolic links lead in a circle';
    default:
      return `it cannot be read (${code === '' ? 'unknown error' : code})`;
  }
}
