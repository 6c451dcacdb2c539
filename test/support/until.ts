import { setTimeout as wait } from 'node:timers/promises';

/** Waits until a condition holds; fails, naming it, where it doesn't within so long as no machine takes. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`it never came about that ${what}`);
    await wait(10);
  }
}
