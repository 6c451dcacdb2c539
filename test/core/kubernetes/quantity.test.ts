import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { parseQuantity } from '../../../src/core/kubernetes/quantity.ts';

const nano = 1_000_000_000n;

describe('a quantity is read as Kubernetes reads it, in nano-units', () => {
  test.each<{ text: Json; amount: bigint }>([
    { text: '1', amount: nano },
    { text: 1, amount: nano },
    { text: 0.5, amount: nano / 2n },
    { text: '0.5', amount: nano / 2n },
    { text: '.5', amount: nano / 2n },
    { text: '5.', amount: 5n * nano },
    { text: '500m', amount: nano / 2n },
    { text: '100u', amount: 100_000n },
    { text: '7n', amount: 7n },
    { text: '1k', amount: 1000n * nano },
    { text: '1Ki', amount: 1024n * nano },
    { text: '1.5Gi', amount: 1536n * 1024n * 1024n * nano },
    { text: '1e3', amount: 1000n * nano },
    { text: '1E3', amount: 1000n * nano },
    { text: '1E', amount: 10n ** 18n * nano },
    { text: '1e-3', amount: nano / 1000n },
    { text: '2Ei', amount: 2n ** 61n * nano },
    { text: '-1', amount: -nano },
    { text: '+1', amount: nano },
    { text: '0.0000000001', amount: 1n },
  ])('$text', ({ text, amount }) => {
    expect(parseQuantity(text)).toBe(amount);
  });
});

test.each<Json>(['', ' 1', '1 Gi', '1K', 'Gi', '1.2.3', '1e', 'NaN', '1e1000', '9'.repeat(65), null, true, {}, []])(
  '%j is no quantity',
  (value) => {
    expect(parseQuantity(value)).toBeUndefined();
  },
);
