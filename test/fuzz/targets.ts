import fc from 'fast-check';
import { mutatedDocument, scratchedText } from './mutations.ts';
import { faultOfBody } from './review-target.ts';
import { reviews, templateTexts } from './seeds.ts';
import { faultOfTemplateFile } from './template-target.ts';

/** Something that takes any bytes, and what bytes it is fed. */
export interface Target {
  readonly name: 'reviews' | 'templates';
  /** Of the files of its corpus. */
  readonly ending: string;
  readonly input: fc.Arbitrary<Uint8Array>;
  /** Why the bytes were dealt with wrongly; undefined where all is well. May throw, which is a fault as well. */
  readonly faultOf: (bytes: Uint8Array) => string | undefined;
}

// Most bodies stay JSON, or nothing behind the parser would ever be met.
const bodies = mutatedDocument(reviews).map((review) => JSON.stringify(review));
const whole = scratchedText(bodies, 0);
const scratched = scratchedText(bodies, 4);

export const targets: readonly Target[] = [
  {
    name: 'reviews',
    ending: 'json',
    input: fc.oneof({ weight: 4, arbitrary: whole }, { weight: 1, arbitrary: scratched }),
    faultOf: faultOfBody,
  },
  {
    name: 'templates',
    ending: 'yaml',
    input: scratchedText(fc.constantFrom(...templateTexts), 6),
    faultOf: faultOfTemplateFile,
  },
];

/** What is wrong with what the target does, an error that it throws included. */
export function judge({ faultOf }: Target, bytes: Uint8Array): string | undefined {
  try {
    return faultOf(bytes);
  } catch (error) {
    return error instanceof Error ? `it throws: ${error.stack ?? error.message}` : 'it throws';
  }
}
