import type { ValueType } from './value-type.ts';

/** One setting. Its flag and its environment variable follow from its key. */
export interface Setting<T> {
  readonly type: ValueType<T>;
  readonly default: T;
  /** One sentence, without a full stop. */
  readonly description: string;
}

/** A row of the table of settings. */
export function setting<T>(type: ValueType<T>, defaultValue: NoInfer<T>, description: string): Setting<T> {
  return { type, default: defaultValue, description };
}
