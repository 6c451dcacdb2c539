import { describe, expect, test } from 'vitest';
import { formatMark, maxMarkBytes, readMark } from '../../../src/core/graft/mark.ts';
import type { MarkFacts } from '../../../src/core/graft/mark.ts';
import { keys } from '../../../src/core/keys.ts';
import { template } from '../../support/fixtures.ts';

const read = (text: string): ReturnType<typeof readMark> => readMark({ [keys.injected]: text });
const nothing = { containers: new Set(), initContainers: new Set(), brought: new Map(), leftOut: new Set() };

describe('a mark is read', () => {
  test('with all that it may say', () => {
    const text = JSON.stringify({
      version: 1,
      primary: 'main',
      containers: ['main', 'helper'],
      initContainers: ['setup'],
      templates: [
        { name: 'app/a', hash: 'x', elements: ['volumes[v]'], fields: ['hostname', 'tty'] },
        { name: 'app/b' },
      ],
      leftOut: ['app/c'],
    });
    expect(read(text)).toEqual({
      primary: 'main',
      containers: new Set(['main', 'helper']),
      initContainers: new Set(['setup']),
      brought: new Map([
        ['app/a', new Set(['volumes[v]', 'hostname', 'tty'])],
        ['app/b', new Set()],
      ]),
      leftOut: new Set(['app/c']),
    });
  });

  test('as far as it has its form', () => {
    expect(read('{"version":1}')).toStrictEqual(nothing);
    expect(read('{"version":1,"primary":7,"containers":"main","templates":{},"leftOut":5}')).toStrictEqual(nothing);
    const text =
      '{"version":1,"containers":["a",1,null],"templates":[{"elements":["x"]},{"name":"t","fields":["y",2]}]}';
    expect(read(text)).toStrictEqual({
      ...nothing,
      containers: new Set(['a']),
      brought: new Map([['t', new Set(['y'])]]),
    });
  });

  test.each(['', '{', '[]', 'null', '1', '"x"', '{}', '{"version":"1"}', '{"version":2,"containers":["a"]}'])(
    'not where it is %s',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );

  test('not where it is longer than a mark can be', () => {
    const text = (length: number): string => '{"version":1}'.padEnd(length);
    expect(read(text(maxMarkBytes))).toStrictEqual(nothing);
    expect(read(text(maxMarkBytes + 1))).toBeUndefined();
  });

  test('not where there is none', () => {
    expect(readMark({})).toBeUndefined();
  });
});

describe('the text of a mark', () => {
  const t = template('t', {});
  const hash = t.hash.slice('sha256:'.length).slice(0, 16);
  const facts: MarkFacts = { containers: ['main'], initContainers: [], templates: [], leftOut: [] };
  const brings = (...units: readonly string[]): MarkFacts => ({
    ...facts,
    templates: [{ template: t, units, unlisted: new Set() }],
  });

  test.each<[what: string, facts: MarkFacts, text: string]>([
    ['of nothing', facts, '{"version":1,"containers":["main"],"templates":[]}'],
    [
      'of all that there may be',
      { ...brings('hostname'), primary: 'main', initContainers: ['setup'], leftOut: ['app/c'] },
      `{"version":1,"primary":"main","containers":["main"],"initContainers":["setup"],"templates":[{"name":"podgraft-system/t","hash":"${hash}","fields":["hostname"]}],"leftOut":["app/c"]}`,
    ],
    [
      'of a template that brings nothing',
      brings(),
      `{"version":1,"containers":["main"],"templates":[{"name":"podgraft-system/t","hash":"${hash}"}]}`,
    ],
    [
      'tells elements from fields',
      brings('volumes[v]', 'hostname', 'containers[a]', 'containers[a].env[B]', 'x.volumes[v]', 'initContainers[i]'),
      `{"version":1,"containers":["main"],"templates":[{"name":"podgraft-system/t","hash":"${hash}","elements":["volumes[v]","containers[a]","initContainers[i]"],"fields":["hostname","containers[a].env[B]","x.volumes[v]"]}]}`,
    ],
    [
      'without what is not listed',
      { ...facts, templates: [{ template: t, units: ['hostname', 'subdomain'], unlisted: new Set(['hostname']) }] },
      `{"version":1,"containers":["main"],"templates":[{"name":"podgraft-system/t","hash":"${hash}","fields":["subdomain"]}]}`,
    ],
  ])('%s', (_what, given, text) => {
    expect(formatMark(given)).toBe(text);
  });

  test('fills 4 KiB and no more: fields go first, and where the rest is too long there is none', () => {
    const rest = formatMark(brings())?.length ?? 0;
    const fields = (length: number): MarkFacts => brings('a'.repeat(length));
    const frame = ',"fields":[""]'.length;
    expect(formatMark(fields(maxMarkBytes - rest - frame))).toHaveLength(maxMarkBytes);
    expect(formatMark(fields(maxMarkBytes - rest - frame + 1))).toHaveLength(rest);
    const leftOut = (length: number): MarkFacts => ({ ...brings(), leftOut: ['a'.repeat(length)] });
    const room = maxMarkBytes - rest - ',"leftOut":[""]'.length;
    expect(formatMark(leftOut(room))).toHaveLength(maxMarkBytes);
    expect(formatMark(leftOut(room + 1))).toBeUndefined();
  });
});
