import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const name = 'docs/performance.md';
const file = fileURLToPath(new URL(`../${name}`, import.meta.url));

/**
 * Puts what a command has measured into docs/performance.md, between the command's own marks; what people wrote around them
 * stays. Returns its name.
 */
export function writeDocument(command: string, markdown: string): string {
  const [begin, end] = [`<!-- ${command}: begin -->`, `<!-- ${command}: end -->`];
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${name} has lost its marks: ${begin} and ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${markdown}\n\n${text.slice(to)}`);
  return name;
}
