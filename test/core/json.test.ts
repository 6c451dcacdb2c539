import { describe, expect, test } from 'vitest';
import { canonical, deepFreeze, equal, own, setOwn } from '../../src/core/json.ts';
import type { Json, MutableJsonObject } from '../../src/core/json.ts';

const proto = JSON.parse('{"__proto__":1}') as Json;

describe('two values are equal where they print alike, whatever the order of keys', () => {
  test.each<{ a: Json | undefined; b: Json | undefined; same: boolean }>([
    { a: 1, b: 1, same: true },
    { a: 1, b: '1', same: false },
    { a: null, b: undefined, same: false },
    { a: null, b: {}, same: false },
    { a: undefined, b: undefined, same: true },
    { a: [], b: {}, same: false },
    { a: [1, [2]], b: [1, [2]], same: true },
    { a: [1, 2], b: [2, 1], same: false },
    { a: [1], b: [1, 2], same: false },
    { a: [1], b: 1, same: false },
    { a: { x: 1, y: { z: null } }, b: { y: { z: null }, x: 1 }, same: true },
    { a: { x: 1 }, b: { x: 1, y: 2 }, same: false },
    { a: { x: 1 }, b: { y: 1 }, same: false },
    { a: { x: 1 }, b: 'x', same: false },
    { a: { toString: 1 }, b: {}, same: false },
    { a: proto, b: {}, same: false },
    { a: proto, b: JSON.parse('{"__proto__":1}') as Json, same: true },
  ])('$a and $b: $same', ({ a, b, same }) => {
    expect(equal(a, b)).toBe(same);
    expect(equal(b, a)).toBe(same);
  });
});

test('canonical text has its keys sorted at every depth, and no others than the value', () => {
  expect(canonical({ b: [{ d: 1, c: null }, 'x'], a: {} })).toBe('{"a":{},"b":[{"c":null,"d":1},"x"]}');
  expect(canonical(proto)).toBe('{"__proto__":1}');
});

test.each(['name', '__proto__', 'constructor'])('a value set at %s is an ordinary one', (key) => {
  const object: MutableJsonObject = {};
  setOwn(object, key, 1);
  setOwn(object, key, 2);
  expect(own(object, key)).toBe(2);
  expect(Object.keys({ ...object })).toEqual([key]);
  expect(delete object[key]).toBe(true);
  expect(own(object, key)).toBeUndefined();
});

test('a frozen value is frozen all the way down', () => {
  const value = deepFreeze({ list: [{ name: 'a' }], none: null, text: 'x' });
  expect(Object.isFrozen(value)).toBe(true);
  expect(Object.isFrozen(value.list)).toBe(true);
  expect(Object.isFrozen(value.list[0])).toBe(true);
});
