import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteLength, cutBytes, printable } from '../../src/core/problem.ts';

describe('text in messages', () => {
  test('is measured as UTF-8 encodes it, whatever it holds', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => byteLength(text) === Buffer.byteLength(text)),
      { numRuns: 300 },
    );
    for (const text of ['\ud83d', '\udc00', 'a\ud83d', '\ud83d\ud83d\udc00', '\udc00\ud83d', 'ä€😀']) {
      expect(byteLength(text)).toBe(Buffer.byteLength(text));
    }
  });

  test('has no control characters, nothing that turns it around, and no lone surrogates', () => {
    expect(printable('plain ~ text')).toBe('plain ~ text');
    expect(printable('a\nb\u007f\u202e\u2028c\ud83d')).toBe('abc\ufffd');
  });

  test('is cut between characters', () => {
    expect(cutBytes('äöü', 6)).toBe('äöü');
    expect(cutBytes('äöüä', 7)).toBe('äö…');
  });
});
