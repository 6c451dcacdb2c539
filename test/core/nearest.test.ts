import { expect, test } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

test.each<{ what: string; name: string; candidates: readonly string[]; meant: string | undefined }>([
  { what: 'one letter wrong', name: 'conainers', candidates: ['volumes', 'containers'], meant: 'containers' },
  { what: 'another case', name: 'HOSTPID', candidates: ['hostPID'], meant: 'hostPID' },
  { what: 'of two, the nearer', name: 'logs', candidates: ['blogs', 'logs2x', 'log'], meant: 'blogs' },
  { what: 'half of it wrong', name: 'abcd', candidates: ['abxy'], meant: 'abxy' },
  { what: 'more than half of it wrong is another word', name: 'abcd', candidates: ['axyz'], meant: undefined },
  { what: 'a name of one letter', name: 'a', candidates: ['b'], meant: 'b' },
  { what: 'a name of one letter and two more', name: 'a', candidates: ['abc'], meant: undefined },
  { what: 'four letters wrong of many', name: 'abcdefghijkl', candidates: ['abcdefghwxyz'], meant: 'abcdefghwxyz' },
  { what: 'five letters wrong of many', name: 'abcdefghijkl', candidates: ['abcdefgvwxyz'], meant: undefined },
  { what: 'four letters more', name: 'abcdefgh', candidates: ['abcdefgh1234'], meant: 'abcdefgh1234' },
  { what: 'no candidate', name: 'a', candidates: [], meant: undefined },
])('$what', ({ name, candidates, meant }) => {
  expect(nearest(name, candidates)).toBe(meant);
});
