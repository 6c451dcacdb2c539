import fastJsonPatch from 'fast-json-patch';

/**
 * Loaded into the server's process before anything else (`--import`): does inside it what no request can do, when the
 * test says so. Each error holds the canary, as an error of ours could hold a pod.
 */
export type Command =
  /** Nothing can be written onto `Object.prototype` any more. */
  | 'freeze'
  /** A promise rejects that nobody waits for. */
  | 'reject'
  /** An error is thrown where nobody catches it. */
  | 'throw'
  /** The next patch that is written down throws. */
  | 'break patches'
  /** No patch can be applied: what the self-check finds where an operation is wrong. */
  | 'spoil patches';

const canary = 'CANARY-5cr3t';
const aheadMs = Number(process.env['FAULT_CLOCK_AHEAD_MS'] ?? 0);

if (aheadMs !== 0) {
  const now = Date.now.bind(Date);
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...args: readonly [] | readonly [number | string | Date]) {
      if (args.length === 0) super(now() + aheadMs);
      else super(args[0]);
    }
    static override now(): number {
      return now() + aheadMs;
    }
  } as DateConstructor;
}

function poison(): Error {
  return Object.assign(new Error(`pod ${canary}`), { tree: { env: canary } });
}

/**
 * `Object.freeze(Object.prototype)` would also forbid each object a `constructor` of its own, which is a legal label:
 * an assignment finds the frozen one first. As Node's `--frozen-intrinsics` does, this forbids the prototype alone.
 */
function freezePrototype(): void {
  const root: object = Object.prototype;
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(root))) {
    if (value === undefined) continue;
    Object.defineProperty(root, key, {
      get: () => value as unknown,
      set(this: object, own: unknown) {
        if (this === root) throw new TypeError('Object.prototype is frozen');
        Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
      },
      configurable: false,
    });
  }
  Object.freeze(root);
}

const deeds: Readonly<Record<Command, () => void>> = {
  freeze: freezePrototype,
  reject: () => void Promise.reject(poison()),
  throw: () =>
    setImmediate(() => {
      throw poison();
    }),
  'break patches': () => {
    const { stringify } = JSON;
    JSON.stringify = ((value: unknown, ...rest: readonly never[]) => {
      if (Array.isArray(value)) {
        JSON.stringify = stringify;
        throw poison();
      }
      return stringify(value, ...rest);
    }) as typeof JSON.stringify;
  },
  'spoil patches': () => {
    const throwing = (): never => {
      throw poison();
    };
    Object.assign(fastJsonPatch, { applyPatch: throwing, applyOperation: throwing });
  },
};

process.on('message', (command: Command) => {
  deeds[command]();
  process.send?.(command);
});
// The channel to the test is no reason to go on living.
process.channel?.unref();
