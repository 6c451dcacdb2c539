import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectField } from '../../src/core/json.ts';
import { createWorld, minuteMs, trusted } from '../support/certificate-world.ts';
import type { Misfortunes } from '../support/certificate-world.ts';

const hourMs = 60 * minuteMs;
/** Each is hours of many replicas: 5 in the gate, 125 in `npm run properties`. */
const numRuns = Math.max(5, Math.round(Number(process.env['PROPERTY_RUNS'] ?? '0') / 400));
const none: Misfortunes = { wipes: 0, losses: 0, restarts: 0, failures: 0 };

async function live(seed: string, replicas: number, misfortunes: Misfortunes, forMs: number) {
  const world = createWorld(seed, replicas, misfortunes);
  try {
    await world.run(forMs);
    world.calmDown();
    await world.run(20 * minuteMs);
    return world;
  } finally {
    await world.close();
  }
}

describe('replicas that look after their certificates, over an API that takes its time', () => {
  test('P0 make one CA, rotate it again and again, and end with one', async () => {
    const world = await live('calm', 3, none, 24 * hourMs);
    const count = (step: string) => world.steps.filter((other) => other === step).length;
    expect(count('bootstrapped')).toBe(1);
    // A rotation begins every two hours: two thirds of three.
    expect(count('prepared')).toBeGreaterThanOrEqual(8);
    expect(Math.abs(count('prepared') - count('retired'))).toBeLessThanOrEqual(1);
    expect(count('promoted')).toBeGreaterThanOrEqual(count('retired'));
    expect(new Set(world.bundles()).size).toBe(1);
    expect(trusted(world.bundles()[0] ?? '').length).toBeLessThanOrEqual(2);
  });

  test('P0 T44 fifty that race on an empty Secret make one CA', async () => {
    const world = await live('race', 50, none, 10 * minuteMs);
    expect(world.steps.filter((step) => step === 'bootstrapped')).toHaveLength(1);
    expect(new Set(world.bundles().map((bundle) => trusted(bundle).length))).toEqual(new Set([1]));
    expect(new Set(world.replicas.map(({ leaf }) => leaf?.issuerId)).size).toBe(1);
    expect(world.replicas.every(({ certificates }) => certificates.isReady())).toBe(true);
  });

  const worlds: readonly (readonly [string, Misfortunes])[] = [
    ['requests fail, before or after they took effect', { ...none, failures: 0.1 }],
    ['replicas come and go', { ...none, restarts: 0.05, failures: 0.02 }],
    ['somebody wipes caBundles', { ...none, wipes: 0.1, failures: 0.02 }],
    ['all of that', { ...none, wipes: 0.05, restarts: 0.03, failures: 0.05 }],
    ['the Secret is emptied', { ...none, losses: 0.004, failures: 0.02 }],
  ];
  test.each(worlds)(
    'P1–P6 every leaf in use is trusted by every webhook at every instant, when %s',
    async (_, misfortunes) => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ minLength: 8, maxLength: 8 }),
          fc.integer({ min: 1, max: 4 }),
          async (seed, replicas) => {
            const world = await live(seed, replicas, misfortunes, 8 * hourMs);
            // Whoever makes a step and never hears that it did doesn't count it.
            expect(world.steps.filter((step) => step === 'promoted').length).toBeGreaterThanOrEqual(1);
            expect(objectField(world.secret(), 'data')).toHaveProperty(['signer.crt']);
          },
        ),
        { numRuns },
      );
    },
  );
});
