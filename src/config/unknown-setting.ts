import { nearest } from '../core/nearest.ts';

/** What is said of a name that is no setting: the one that was meant, or where all of them are. */
export function unknownSetting(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `${name} is no setting; ${meant === undefined ? '--print-config shows all' : `did you mean ${meant}?`}`;
}
