import { describe, expect, it } from 'vitest';
import { problemsIn } from '../../support/judge.ts';
import { kubernetesCases } from './kubernetes-cases.ts';

describe.each(Object.entries(kubernetesCases))('%s', (_subject, cases) => {
  it.each(cases.map(([name, podTemplate, ...problems]) => [name, podTemplate, problems] as const))(
    '%s',
    (_name, podTemplate, problems) => {
      expect(problemsIn(podTemplate)).toEqual(problems);
    },
  );
});
