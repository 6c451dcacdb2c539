import { describe, expect, test } from 'vitest';
import {
  dataKey,
  dns1123Label,
  dns1123Subdomain,
  filePath,
  httpHeaderName,
  labelValue,
  portName,
  qualifiedName,
  searchPath,
  signerName,
  windowsUserName,
} from '../../../src/core/kubernetes/text-formats.ts';
import type { TextFormat } from '../../../src/core/kubernetes/text-formats.ts';

interface Case {
  readonly name: string;
  readonly format: TextFormat;
  readonly fine: readonly string[];
  readonly wrong: readonly string[];
}

const long = (length: number): string => 'a'.repeat(length);
const subdomain = (length: number): string => `${long(60)}.`.repeat(4) + long(length - 244);

const cases: readonly Case[] = [
  {
    name: 'the name of a container',
    format: dns1123Label,
    fine: ['a', '0', 'a-b', 'a--b', long(63)],
    wrong: ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'a\n', long(64)],
  },
  {
    name: 'the name of an object',
    format: dns1123Subdomain,
    fine: ['a', 'a.b-c.0', subdomain(253)],
    wrong: ['', 'a..b', '.a', 'a.', 'a.-b', 'A', subdomain(254)],
  },
  {
    name: "a label's key",
    format: qualifiedName,
    fine: ['a', 'A.b_c-0', 'example.org/Tier', long(63), `a/${long(63)}`],
    wrong: ['', '/a', 'a/', 'a/b/c', 'A/b', '-a', 'a.', long(64), `a/${long(64)}`],
  },
  {
    name: "a label's value",
    format: labelValue,
    fine: ['', 'a', 'A.b_c-0', long(63)],
    wrong: ['-a', 'a-', 'a b', long(64)],
  },
  {
    name: 'the name of a port',
    format: portName,
    fine: ['a', 'http', 'a-0', '0-a', long(15)],
    wrong: ['', '80', '-a', 'a-', 'a--b', 'A', 'a.b', '.a', 'a.', long(16)],
  },
  {
    name: 'the key of a ConfigMap',
    format: dataKey,
    fine: ['a', 'a.b', '.a', '-_.', 'a..', long(253)],
    wrong: ['', '.', '..', '..a', 'a/b', 'a b', long(254)],
  },
  { name: 'a header', format: httpHeaderName, fine: ['X-Request-Id', 'a0'], wrong: ['', 'a b', 'a:', 'ä'] },
  {
    name: 'a search path',
    format: searchPath,
    fine: ['.', 'a', 'a.', '_tcp.example.org.', subdomain(253)],
    wrong: ['', '..', 'a..', '.a', 'A', subdomain(254)],
  },
  {
    name: 'a file in a volume',
    format: filePath,
    fine: ['a', 'a/b', 'a/..b', '.a', 'a/'],
    wrong: ['/a', 'a/..', '../a', 'a/../b', '..', '..a'],
  },
  {
    name: 'the name of a signer',
    format: signerName,
    fine: ['example.org/a', 'a.b/A b'],
    wrong: ['', 'example/a', 'example.org', 'example.org/', 'example.org/a/b', 'Example.org/a', '/a'],
  },
  {
    name: "a Windows user's name",
    format: windowsUserName,
    fine: ['a', 'A b', 'a.', '.a', 'D\\a', 'd.e-f\\a', 'D0\\a', long(104), `${long(255)}\\a`],
    wrong: [
      '',
      ' ',
      '.',
      '. .',
      'a/b',
      'a:b',
      'D\\',
      '\\a',
      '-D\\a',
      'D-\\a',
      'D E\\a',
      'a\\b\\c',
      long(105),
      `${long(256)}\\a`,
    ],
  },
];

describe('texts are held to the forms of Kubernetes', () => {
  test.each(cases.flatMap(({ name, format, fine }) => fine.map((text) => ({ name, format, text }))))(
    '$text is $name',
    ({ format, text }) => {
      expect(format(text)).toBeUndefined();
    },
  );

  test.each(cases.flatMap(({ name, format, wrong }) => wrong.map((text) => ({ name, format, text }))))(
    '$text is not $name',
    ({ format, text }) => {
      expect(format(text)).toMatch(/^must /);
    },
  );
});
