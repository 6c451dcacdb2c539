import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/core/problem.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { injectionTemplate, settings, yamlObject } from '../../support/fixtures.ts';

/** What a person reads of the problems of a template, `{metadata?, spec?}` as YAML, without the way to the pod template. */
function told(podTemplate: string): readonly string[] {
  const result = parseTemplate(injectionTemplate('t', yamlObject(podTemplate)), settings);
  return result.kind === 'invalid'
    ? result.problems.map((problem) => formatProblem(problem).replace('spec.template.', ''))
    : [];
}

const container = (fields: string): string => `spec: {containers: [{name: a, image: "a:1", ${fields}}]}`;
const at = 'spec.containers[0]';

describe('a problem says what is wrong, and shows names and numbers, never contents', () => {
  test.each<[what: string, podTemplate: string, start: string]>([
    ['a name', 'spec: {containers: [{name: A, image: a:1}]}', `${at}.name: Invalid value: "A": must be lower case`],
    [
      'a number out of its bounds',
      container('ports: [{containerPort: 0}]'),
      `${at}.ports[0].containerPort: Invalid value: "0": must be from 1 to 65535`,
    ],
    [
      'a number above its bounds',
      container('ports: [{containerPort: 65536}]'),
      `${at}.ports[0].containerPort: Invalid value: "65536": must be from 1 to 65535`,
    ],
    ["a map's key", 'metadata: {labels: {"a b": c}}', 'metadata.labels[a b]: Invalid value: "a b": as a key must be'],
    ["a map's value", 'metadata: {labels: {a: b c}}', 'metadata.labels.a: Invalid value: its value must be letters'],
    [
      'a field',
      container('comand: [x]'),
      `${at}.comand: Invalid value: "comand": there is no such field; did you mean command?`,
    ],
    [
      'a field like no other',
      'spec: {zzzzzz: 1}',
      'spec.zzzzzz: Invalid value: "zzzzzz": there is no such field; take it out',
    ],
    [
      'one of few words',
      container('imagePullPolicy: Never!'),
      `${at}.imagePullPolicy: Unsupported value: "Never!": must be one of Always, IfNotPresent, Never (`,
    ],
    ['an object for a list', container('args: {a: b}'), `${at}.args: Invalid value: must be a list, not an object (`],
    ['a number for a list', container('args: 5'), `${at}.args: Invalid value: must be a list, not a number (`],
    [
      'a list for an object',
      'spec: {nodeSelector: []}',
      'spec.nodeSelector: Invalid value: must be an object, not a list (',
    ],
    [
      'a string for true or false',
      container('tty: "yes"'),
      `${at}.tty: Invalid value: must be true or false, not a string (`,
    ],
    [
      'a number for true or false',
      container('tty: 1'),
      `${at}.tty: Invalid value: must be true or false, not a number (`,
    ],
    [
      'a string for a number',
      container('ports: [{containerPort: "80"}]'),
      `${at}.ports[0].containerPort: Invalid value: must be an integer, not a string (`,
    ],
    [
      'a fraction',
      container('ports: [{containerPort: 80.5}]'),
      `${at}.ports[0].containerPort: Invalid value: must be an integer, not a number with a fraction (`,
    ],
    [
      'a number for a string',
      container('env: [{name: A, value: 5}]'),
      `${at}.env[0].value: Invalid value: must be a string, not a number; put it in quotes (`,
    ],
    [
      'true for a string',
      container('env: [{name: A, value: true}]'),
      `${at}.env[0].value: Invalid value: must be a string, not true or false; put it in quotes (`,
    ],
    [
      'an object for a string',
      container('env: [{name: A, value: {a: b}}]'),
      `${at}.env[0].value: Invalid value: must be a string, not an object (`,
    ],
    ['null in a list', container('args: [null]'), `${at}.args[0]: Invalid value: must be a string, not null (`],
  ])('%s', (_what, podTemplate, start) => {
    const [first = '', ...others] = told(podTemplate);
    expect(first.slice(0, start.length)).toBe(start);
    expect(others).toEqual([]);
  });
});
