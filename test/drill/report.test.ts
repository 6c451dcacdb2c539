import { expect, test } from 'vitest';
import { newCourse } from '../../bench/drill/course.ts';
import type { Summary } from '../../bench/drill/course.ts';
import { formatProgress, formatTable } from '../../bench/drill/report.ts';

const passed: Summary = {
  drill: 'rotation',
  seconds: 60.4,
  creates: 1200,
  failed: 0,
  events: { 'leaves issued': 9, 'CAs promoted': 1 },
  p50Ms: 5.04,
  p99Ms: 21.5,
  maxMs: 140,
  reasons: [],
};
const race: Summary = { drill: 'race', seconds: 61, creates: 0, failed: 0, events: { races: 12 }, reasons: [] };
const failed: Summary = {
  ...passed,
  drill: 'replicas',
  failed: 2,
  reasons: ['2 creates failed, the first at once: EOF'],
};

test('the table says what was done, and why a drill did not pass', () => {
  expect(formatTable([passed, race, failed], false)).toBe(
    [
      'Drill     Seconds  Creates  Failed  p50 ms  p99 ms  Max ms  Passed  Meanwhile',
      'rotation  60       1200     0       5.0     21.5    140.0   yes     leaves issued: 9, CAs promoted: 1',
      'race      61       –        –       –       –       –       yes     races: 12',
      'replicas  60       1200     2       5.0     21.5    140.0   no      leaves issued: 9, CAs promoted: 1',
      '',
      'replicas: 2 creates failed, the first at once: EOF',
      '',
    ].join('\n'),
  );
});

test('a line of progress is one line, and as soon as there is a reason it is told', () => {
  expect(formatProgress(passed, false)).toBe(
    'rotation    60 s  1200 creates  0 failed  leaves issued: 9  CAs promoted: 1',
  );
  expect(formatProgress(failed, false).split('\n')).toHaveLength(2);
});

test('a terminal gets the same words in colour', () => {
  const colored = formatTable([failed], true);
  const escape = String.fromCodePoint(27);
  expect(colored).toContain(`${escape}[31mno${escape}[39m`);
  expect(
    colored
      .split(escape)
      .map((part) => part.replace(/^\[\d+m/, ''))
      .join(''),
  ).toBe(formatTable([failed], false));
});

test('equal reasons are told once, with their number', () => {
  const course = newCourse('test');
  course.begin();
  for (const reason of ['EOF', 'EOF', 'refused', 'EOF']) course.failed(reason);
  course.found('a replica has ended by itself');
  const { creates, failed: count, reasons } = course.summary();
  expect({ creates, count }).toEqual({ creates: 4, count: 4 });
  expect(reasons.map((reason) => reason.replace(/after \d+\.\d s/, 'after N s'))).toEqual([
    'a replica has ended by itself',
    '3 creates failed, the first after N s: EOF',
    '1 create failed, the first after N s: refused',
  ]);
});

test('of many reasons the first few are told', () => {
  const course = newCourse('test');
  for (let index = 0; index < 20; index += 1) course.failed(`reason ${index}`);
  expect(course.summary().reasons).toHaveLength(5);
});
