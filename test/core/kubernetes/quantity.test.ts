import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { parseQuantity, toMilli } from '../../../src/core/kubernetes/quantity.ts';

const nano = 1_000_000_000n;

describe('a quantity is read as Kubernetes reads it, in nano-units', () => {
  test.each<{ text: Json; amount: bigint }>([
    { text: '1', amount: nano },
    { text: 1, amount: nano },
    { text: 0.5, amount: nano / 2n },
    { text: '0.5', amount: nano / 2n },
    { text: '.5', amount: nano / 2n },
    { text: '5.', amount: 5n * nano },
    { text: '12.5', amount: 12n * nano + nano / 2n },
    { text: '.25', amount: nano / 4n },
    { text: '500m', amount: nano / 2n },
    { text: '100u', amount: 100_000n },
    { text: '7n', amount: 7n },
    { text: '1k', amount: 1000n * nano },
    { text: '1Ki', amount: 1024n * nano },
    { text: '1.5Gi', amount: 1536n * 1024n * 1024n * nano },
    { text: '1e3', amount: 1000n * nano },
    { text: '1E3', amount: 1000n * nano },
    { text: '1e12', amount: 10n ** 12n * nano },
    { text: '1E', amount: 10n ** 18n * nano },
    { text: '1e-3', amount: nano / 1000n },
    { text: '2Ei', amount: 2n ** 61n * nano },
    { text: '-1', amount: -nano },
    { text: '+1', amount: nano },
    { text: '0.0000000001', amount: 1n },
    { text: '0.0000000010', amount: 1n },
    { text: '9'.repeat(64), amount: BigInt('9'.repeat(64)) * nano },
  ])('$text', ({ text, amount }) => {
    expect(parseQuantity(text)).toBe(amount);
  });
});

test.each<Json>([
  '',
  ' 1',
  '1 Gi',
  '1K',
  'Gi',
  '1.2.3',
  '1e',
  'NaN',
  '1e1000',
  '9'.repeat(65),
  null,
  true,
  {},
  [],
  ['1'],
])('%j is no quantity', (value) => {
  expect(parseQuantity(value)).toBeUndefined();
});

describe('requests and limits are kept in thousandths', () => {
  test.each<{ text: Json; amount: bigint | undefined }>([
    { text: '2', amount: 2000n },
    { text: '1m', amount: 1n },
    { text: '0', amount: 0n },
    { text: '0.0001', amount: 1n },
    { text: '1.0001', amount: 1001n },
    { text: '-1.5', amount: -1500n },
    { text: '-1.0001', amount: -1000n },
    { text: 'much', amount: undefined },
  ])('$text, rounded up', ({ text, amount }) => {
    expect(toMilli(text)).toBe(amount);
  });
});
