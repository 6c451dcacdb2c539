import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAuditAnnotations } from '../../src/admission/audit.ts';
import { toRefusal } from '../../src/admission/refusal.ts';
import { joinBounded } from '../../src/admission/text.ts';
import { toWarnings } from '../../src/admission/warnings.ts';
import type { LeftOut } from '../../src/core/graft/graft-pod.ts';
import type { Problem } from '../../src/core/problem.ts';
import { template } from '../support/fixtures.ts';

function problem(name: string, detail = 'rename yours'): Problem {
  return { code: 'PG012', field: ['spec', 'containers', 1, 'name'], value: name, detail };
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}

describe('warnings (T29, T31)', () => {
  test('those that fit go through as they are', () => {
    expect(toWarnings(['one', 'two'])).toEqual(['one', 'two']);
    expect(toWarnings([])).toEqual([]);
  });

  test.each([
    ['a newline makes two', ['one\ntwo'], ['one', 'two']],
    ['control characters go', ['o\u0007ne\u001B[31m'], ['one[31m']],
    ['what is empty goes', ['', '\r\n', ' '], []],
    ['what is said twice is said once', ['one', 'one'], ['one']],
    ['half a surrogate pair is replaced', ['a\uD83D'], ['a\uFFFD']],
    ['emoji and right-to-left text stay', ['🚀 שלום'], ['🚀 שלום']],
  ])('%s', (_, given, expected) => {
    expect(toWarnings(given)).toEqual(expected);
  });

  test('a long one is cut at 120 characters, never inside one', () => {
    const [cut = ''] = toWarnings(['🚀'.repeat(200)]);
    expect([...cut]).toHaveLength(120);
    expect(cut.endsWith('🚀…')).toBe(true);
  });

  test('a long one whose characters are few is not cut', () => {
    expect(toWarnings(['🚀'.repeat(100)])).toEqual(['🚀'.repeat(100)]);
  });

  test('T31 of 40 warnings of 300 characters nine are left, and how many more there are', () => {
    const warnings = toWarnings(Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(300)}`));
    expect(warnings).toHaveLength(10);
    expect(warnings.at(-1)).toBe('and 31 more warnings');
  });

  test('in all they have at most 2 KiB, whatever their characters weigh', () => {
    const warnings = toWarnings(Array.from({ length: 10 }, (_, index) => `${index}${'🚀'.repeat(119)}`));
    expect(bytes(warnings.join(''))).toBeLessThanOrEqual(2048);
    expect(warnings.at(-1)).toBe(`and ${10 - (warnings.length - 1)} more warnings`);
  });

  test('one that is left over is one warning', () => {
    const fat = ['🚀'.repeat(120), ...Array.from({ length: 3 }, (_, index) => `${index}${'🚀'.repeat(119)}`)];
    const warnings = toWarnings([...fat, 'ü'.repeat(100)]);
    expect(warnings.at(-1)).toBe('and 1 more warning');
  });

  test('whatever they are, an API server passes them on', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 400 }), { maxLength: 60 }), (given) => {
        const warnings = toWarnings(given);
        expect(warnings.length).toBeLessThanOrEqual(10);
        expect(bytes(warnings.join(''))).toBeLessThanOrEqual(2048);
        for (const warning of warnings) {
          expect([...warning].length).toBeLessThanOrEqual(120);
          expect(warning.isWellFormed()).toBe(true);
          expect(warning).not.toMatch(/[\u0000-\u001F\u007F]/u);
        }
      }),
    );
  });
});

describe('refusals (specification §8)', () => {
  test('message and causes say the same, each in the form of its reader', () => {
    expect(toRefusal([problem('log')], 'Pod', 'web')).toEqual({
      code: 422,
      reason: 'Invalid',
      message: 'spec.containers[1].name: Duplicate value: "log": rename yours (podgraft PG012)',
      details: {
        kind: 'Pod',
        name: 'web',
        causes: [
          {
            field: 'spec.containers[1].name',
            reason: 'FieldValueDuplicate',
            message: 'Duplicate value: "log": rename yours (podgraft PG012)',
          },
        ],
      },
    });
  });

  test('the message has as many problems as fit in 1 KiB, then how many more there are', () => {
    const problems = Array.from({ length: 80 }, (_, index) => problem(`container-${index}`));
    const { message, details } = toRefusal(problems, 'Pod', 'web');
    expect(bytes(message)).toBeLessThanOrEqual(1024);
    const shown = message.split('; ').filter((part) => part.startsWith('spec.')).length;
    expect(message.endsWith(`; and ${80 - shown} more`)).toBe(true);
    expect(shown).toBeGreaterThan(10);
    expect(details.causes).toHaveLength(50);
  });

  test('T30 a text with newlines, control characters and 10 KB is cleaned and cut', () => {
    const wild = problem('x\n\u001B[31m', 'y\r\n\u0000'.repeat(3000));
    const { message, details } = toRefusal([wild, wild], 'Pod', `pod\n${'z'.repeat(10_000)}`);
    expect(bytes(message)).toBeLessThanOrEqual(1024);
    expect(message.endsWith('; and 1 more')).toBe(true);
    expect(bytes(details.name)).toBeLessThanOrEqual(256);
    for (const text of [message, details.name, ...details.causes.map((cause) => cause.message)]) {
      expect(text).not.toMatch(/[\u0000-\u001F\u007F]/u);
    }
    for (const cause of details.causes) expect(bytes(cause.message)).toBeLessThanOrEqual(256);
  });

  test('a path that holds a long key is cut too', () => {
    const long: Problem = { code: 'PG011', field: ['metadata', 'annotations', 'k'.repeat(5000)], detail: 'differs' };
    const [cause] = toRefusal([long], 'Pod', 'web').details.causes;
    expect(bytes(cause?.field ?? '')).toBeLessThanOrEqual(256);
  });

  test('whatever the problems are, the bounds hold', () => {
    const anyProblem = fc.record({
      code: fc.constantFrom('PG001', 'PG012', 'PG022' as const),
      field: fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.nat(99))),
      value: fc.string({ unit: 'binary', maxLength: 300 }),
      detail: fc.string({ unit: 'binary', maxLength: 2000 }),
    });
    fc.assert(
      fc.property(fc.array(anyProblem, { minLength: 1, maxLength: 120 }), (problems) => {
        const { message, details } = toRefusal(problems, 'Pod', 'web');
        expect(bytes(message)).toBeLessThanOrEqual(1024);
        expect(message).not.toMatch(/[\u0000-\u001F\u007F]/u);
        expect(bytes(JSON.stringify(details))).toBeLessThan(64 * 1024);
      }),
    );
  });
});

describe('audit annotations (contract C21)', () => {
  const one = template('one', {});
  const hash = one.hash.slice('sha256:'.length, 'sha256:'.length + 16);
  const leftOut: LeftOut = { template: 'podgraft-system/two', problems: [problem('a'), problem('b')] };

  test.each([
    ['nothing, where nothing was asked', { templates: [], leftOut: [], problems: [] }, undefined],
    [
      'templates and hashes, where all went well',
      { templates: [one], leftOut: [], problems: [] },
      { templates: 'podgraft-system/one', hashes: hash },
    ],
    [
      'what was left out',
      { templates: [one], leftOut: [leftOut], problems: [] },
      { templates: 'podgraft-system/one', hashes: hash, outcome: 'left out podgraft-system/two PG012' },
    ],
    ['what was refused', { templates: [], leftOut: [], problems: [problem('a')] }, { outcome: 'refused PG012' }],
  ])('say %s', (_, facts, expected) => {
    expect(toAuditAnnotations(facts)).toEqual(expected);
  });

  test('a value has at most 1 KiB, and says how many did not fit', () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ ...leftOut, template: `${'n'.repeat(60)}/${index}` }));
    const { outcome = '' } = toAuditAnnotations({ templates: [], leftOut: many, problems: [] }) ?? {};
    expect(bytes(outcome)).toBeLessThanOrEqual(1024);
    expect(outcome).toMatch(/,and \d+ more$/u);
  });
});

test('joining keeps the first item, and what is left exactly fits', () => {
  const more = (count: number): string => `+${count}`;
  expect(joinBounded([], ',', 5, more)).toBe('');
  expect(joinBounded(['ab', 'cd'], ',', 5, more)).toBe('ab,cd');
  expect(joinBounded(['ab', 'cde'], ',', 5, more)).toBe('ab+1');
  expect(joinBounded(['ab', 'c', 'd', 'e'], ',', 6, more)).toBe('ab,c+2');
});
