import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchTemplates } from '../../src/cli/watch-templates.ts';
import type { TemplateWatch } from '../../src/cli/watch-templates.ts';
import { folder } from '../support/cli.ts';
import { settings } from '../support/fixtures.ts';

const template = (name: string, value = 'a'): string =>
  `apiVersion: podgraft.dev/v1alpha1\nkind: InjectionTemplate\nmetadata: {name: ${name}}\nspec: {template: {metadata: {labels: {x: ${value}}}}}\n`;

let root: ReturnType<typeof folder>;
let watch: TemplateWatch;
let changes = 0;

beforeEach(() => {
  root = folder({ 'templates/one.yaml': template('one'), 'templates/two.yaml': template('two') });
  changes = 0;
});
afterEach(() => {
  watch.close();
  root.remove();
});

const at = (name: string): string => path.join(root.path, name);

async function open(...names: readonly string[]): Promise<void> {
  watch = await watchTemplates({ paths: names.map(at), settings, onChange: () => (changes += 1), pollMs: 300 });
}

/** Names of the templates in use, those that are kept from before in brackets. */
function active(): string {
  const { templates, kept } = watch.active();
  return templates
    .map(({ id, name }) => (kept.includes(id) ? `(${name})` : name))
    .toSorted()
    .join(' ');
}

function labelOf(name: string): unknown {
  const found = watch.active().templates.find((candidate) => candidate.name === name);
  return found?.compiled.pod.map(({ value }) => value)[0];
}

async function becomes(expected: string): Promise<void> {
  await vi.waitFor(() => expect(active()).toBe(expected), { timeout: 30_000, interval: 20 });
}

test('a file that comes, changes and goes', async () => {
  await open('templates');
  expect(active()).toBe('one two');
  writeFileSync(at('templates/three.yaml'), template('three'));
  await becomes('one three two');
  writeFileSync(at('templates/three.yaml'), template('three', 'b'));
  await vi.waitFor(() => expect(labelOf('three')).toBe('b'), { timeout: 30_000 });
  unlinkSync(at('templates/three.yaml'));
  await becomes('one two');
});

test('an editor that writes beside and renames', async () => {
  await open('templates');
  writeFileSync(at('templates/.one.yaml.swp'), template('one', 'new'));
  renameSync(at('templates/.one.yaml.swp'), at('templates/one.yaml'));
  await vi.waitFor(() => expect(labelOf('one')).toBe('new'), { timeout: 30_000 });
});

test.each<[string, string, string]>([
  ['an invalid template', template('one').replace('spec:', 'spc:'), '(one) two'],
  ['a text that is no YAML', 'a: [', '(one) two'],
  ['a file emptied by half a write', '', '(one) two'],
  ['the same template twice', `${template('one')}---\n${template('one')}`, '(one) two'],
  ['another template: the first is gone', template('new'), 'new two'],
])('%s', async (_, text, expected) => {
  await open('templates');
  writeFileSync(at('templates/one.yaml'), text);
  await becomes(expected);
  writeFileSync(at('templates/one.yaml'), template('one'));
  await becomes('one two');
  expect(watch.active().kept).toEqual([]);
});

test('a folder that goes and comes back', async () => {
  await open('templates');
  renameSync(at('templates'), at('gone'));
  await becomes('(one) (two)');
  expect(watch.loaded().unreadable).toEqual([`${at('templates')}: there is no such file or directory`]);
  mkdirSync(at('templates'));
  writeFileSync(at('templates/two.yaml'), template('two'));
  await becomes('two');
  writeFileSync(at('templates/two.yaml'), template('later'));
  await becomes('later');
});

test('a mounted ConfigMap, whose link is swapped', async () => {
  mkdirSync(at('mount/..1'), { recursive: true });
  writeFileSync(at('mount/..1/t.yaml'), template('mounted'));
  symlinkSync('..1', at('mount/..data'));
  symlinkSync('..data/t.yaml', at('mount/t.yaml'));
  await open('mount');
  expect(active()).toBe('mounted');
  mkdirSync(at('mount/..2'));
  writeFileSync(at('mount/..2/t.yaml'), template('mounted', 'second'));
  symlinkSync('..2', at('mount/..data_tmp'));
  renameSync(at('mount/..data_tmp'), at('mount/..data'));
  rmSync(at('mount/..1'), { recursive: true });
  await vi.waitFor(() => expect(labelOf('mounted')).toBe('second'), { timeout: 30_000 });
});

test('a file that is named by itself', async () => {
  await open('templates/one.yaml', 'templates');
  expect(active()).toBe('one two');
  writeFileSync(at('templates/one.yaml'), template('one', 'b'));
  await vi.waitFor(() => expect(labelOf('one')).toBe('b'), { timeout: 30_000 });
});

test('a folder that is not there yet, or is empty', async () => {
  mkdirSync(at('empty'));
  await open('later', 'empty');
  expect(active()).toBe('');
  expect(watch.loaded().unreadable).toHaveLength(1);
  expect(watch.loaded().notices).toEqual([`${at('empty')}: there are no YAML or JSON files in it`]);
  mkdirSync(at('later'));
  writeFileSync(
    at('later/t.json'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'json', labels: { 'podgraft.dev/is-template': 'true' } },
      template: { metadata: { labels: { a: 'b' } } },
    }),
  );
  await becomes('json');
});

test('Namespaces, shadowed PodTemplates and broken links', async () => {
  writeFileSync(
    at('templates/more.yaml'),
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {a: b}}\n---\napiVersion: v1\nkind: PodTemplate\nmetadata: {name: one, namespace: podgraft-system, labels: {podgraft.dev/is-template: "true"}}\ntemplate: {}\n`,
  );
  symlinkSync('nowhere', at('templates/link.yaml'));
  await open('templates');
  expect(active()).toBe('one two');
  expect(watch.active().templates.every(({ kind }) => kind === 'InjectionTemplate')).toBe(true);
  expect(watch.active().namespaces.get('team')?.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': 'team' });
  expect(watch.loaded().notices).toEqual([
    expect.stringMatching(/more\.yaml:7:18: PodTemplate podgraft-system\/one is shadowed/),
  ]);
  expect(watch.loaded().unreadable).toEqual([`${at('templates/link.yaml')}: there is no such file or directory`]);
});

test('contents that are the same are no change', async () => {
  await open('templates');
  writeFileSync(at('templates/one.yaml'), template('one'));
  writeFileSync(at('templates/notes.txt'), 'x');
  writeFileSync(at('templates/three.yaml'), template('three'));
  await becomes('one three two');
  expect(changes).toBe(1);
});
