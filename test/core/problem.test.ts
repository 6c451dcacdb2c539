import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteLength, cutBytes, printable, quote } from '../../src/core/problem.ts';

describe('text in messages', () => {
  test('is measured as UTF-8 encodes it, whatever it holds', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => byteLength(text) === Buffer.byteLength(text)),
      { numRuns: 300 },
    );
  });

  test.each([
    ['the first and the last character of each length', '\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}'],
    ['characters next to the surrogates', '\ud7ff\ue000'],
    ['a lone surrogate of either kind', '\ud83da\udc00'],
    ['surrogates the wrong way round', '\udc00\ud83d'],
    ['a lone surrogate before a pair', '\ud83d\ud83d\udc00'],
    ['a lone one before a character of two bytes', '\ud83dä'],
    ['a lone one before the next character after them', '\ud83d\ue000'],
    ['a lone one behind a character of two bytes', 'ä\udc00'],
    ['the first pair and the last', '\ud800\udc00\udbff\udfff'],
  ])('%s is measured so too', (_what, text) => {
    expect(byteLength(text)).toBe(Buffer.byteLength(text));
  });

  test('has no control characters, nothing that turns it around, and no lone surrogates', () => {
    expect(printable('plain ~ text')).toBe('plain ~ text');
    expect(printable('a\nb\u007f\u202e\u2028c\ud83d')).toBe('abc\ufffd');
  });

  test('is cut between characters', () => {
    expect(cutBytes('äöü', 6)).toBe('äöü');
    expect(cutBytes('äöüä', 7)).toBe('äö…');
    expect(cutBytes('abcde', 4)).toBe('a…');
    expect(cutBytes('abcd', 4)).toBe('abcd');
  });

  test('is cut at 63 characters where it is a name, in quotes', () => {
    expect(quote('a"b')).toBe('"a\\"b"');
    expect(quote('😀'.repeat(63))).toBe(`"${'😀'.repeat(63)}"`);
    expect(quote('😀'.repeat(64))).toBe(`"${'😀'.repeat(63)}…"`);
  });
});
