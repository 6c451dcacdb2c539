import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faults } from './table.ts';

const range = (letter: string, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);

const wanted = [...range('T', 1, 56), ...range('R', 1, 10), ...range('R', 35, 37), ...range('S', 11, 17), 'S24', 'S25'];

test('the fault table has every id, once', () => {
  expect(faults.map(({ id }) => id)).toEqual(wanted);
});

test.each(faults)('$id, $what: is shown where the table says, or the table says why not here', ({ id, ...row }) => {
  expect(row.shownBy.length > 0 || (row.elsewhere ?? '') !== '').toBe(true);
  for (const file of row.shownBy) {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(namesOfTests(text).some((name) => new RegExp(`\\b${id}\\b`, 'u').test(name))).toBe(true);
  }
});

/** All texts that stand where a test's or a row's name stands: at the beginning of a call or of a list. */
function namesOfTests(text: string): readonly string[] {
  return [...text.matchAll(/[([]\s*(['`])((?:(?!\1).)+)\1/gu)].map(([, , name = '']) => name);
}
