import type { Json } from '../json.ts';

/** An exact amount: `digits × 10^exponent`. Kubernetes keeps three decimals at most; we compare what was written. */
interface Amount {
  readonly digits: bigint;
  readonly exponent: number;
}

const binary: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};

const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

const form = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;
const maxLength = 64;
const nanoPerMilli = 1_000_000n;

/**
 * An amount of a resource as Kubernetes writes it (`resource.Quantity`): `500m`, `0.5`, `1.5Gi`, `1e3`, or a JSON number.
 * The value is in nano-units, rounded up as Kubernetes rounds what is finer; `undefined` where it is no quantity.
 */
export function parseQuantity(value: Json | undefined): bigint | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > maxLength) return undefined;
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, sign = '', number = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const amount: Amount = { digits: BigInt(whole + fraction), exponent: -fraction.length };
  const nano = toNano(amount, suffix);
  return sign === '-' ? -nano : nano;
}

/** The amount in thousandths, rounded up: what the API server keeps of requests and limits. */
export function toMilli(value: Json | undefined): bigint | undefined {
  const nano = parseQuantity(value);
  if (nano === undefined) return undefined;
  return nano < 0n ? nano / nanoPerMilli : (nano + nanoPerMilli - 1n) / nanoPerMilli;
}

function toNano({ digits, exponent }: Amount, suffix: string): bigint {
  const factor = Object.hasOwn(binary, suffix) ? binary[suffix] : undefined;
  if (factor !== undefined) return scale(digits * factor, exponent + 9);
  const power = Object.hasOwn(decimal, suffix) ? decimal[suffix] : Number(suffix.slice(1));
  return scale(digits, exponent + (power ?? 0) + 9);
}

function scale(digits: bigint, exponent: number): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (digits + divisor - 1n) / divisor;
}
