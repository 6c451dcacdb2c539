import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatMarkdown } from './report.ts';
import type { Results } from './report.ts';

const name = 'docs/performance.md';
const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
const begin = '<!-- npm run bench -- --write: begin -->';
const end = '<!-- npm run bench -- --write: end -->';

/** Puts the results into docs/performance.md, between its marks; what people wrote around them stays. Returns its name. */
export function writeDocument(results: Results): string {
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${name} has lost its marks: ${begin} and ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${formatMarkdown(results)}\n\n${text.slice(to)}`);
  return name;
}
