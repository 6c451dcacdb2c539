import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { combine } from '../../src/cli/template-files.ts';
import type { LoadedTemplates } from '../../src/cli/template-files.ts';
import { formatPath } from '../../src/core/field-path.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { stringField } from '../../src/core/json.ts';
import { manifestObjects } from '../../src/core/manifest/workload.ts';
import { parseYaml } from '../../src/core/manifest/yaml.ts';
import { formatProblem, problemKinds } from '../../src/core/problem.ts';
import { findOverlaps } from '../../src/core/register/overlaps.ts';
import { warningKinds } from '../../src/core/register/warning-kinds.ts';
import type { Settings } from '../../src/core/settings.ts';
import { namespace, settings } from '../support/fixtures.ts';
import { settle } from '../support/graft.ts';
import { fences, withFence } from '../support/markdown.ts';

// Each page's example is run: it brings the page's code with the message that the page shows, and the mended one
// brings nothing of the kind. `UPDATE_GOLDEN=1` writes the messages anew.

const folder = new URL('../../docs/problems/', import.meta.url);
const titles: Readonly<Record<string, string>> = Object.fromEntries(
  [...Object.entries(problemKinds), ...Object.entries(warningKinds)].map(([code, { title }]) => [code, title]),
);
const codes = Object.keys(titles);

/** What an operator may have decided otherwise, where a page is about that. */
const operators: Readonly<Record<string, Partial<Settings>>> = {
  PG043: { required: { enabled: true } },
  PG044: { allow: [], allowNamespaced: [] },
};

interface Finding {
  readonly code: string;
  readonly message: string;
}

/** Puts in place of a line that ends in `# N = 1…5` one for each number. */
function expand(text: string): string {
  return text.replaceAll(/^(.*) # N = 1…(\d+)$/gm, (_, line: string, count: string) =>
    Array.from({ length: Number(count) }, (__, index) => line.replaceAll(/\bN\b|(?<=_)N\b/g, String(index + 1))).join(
      '\n',
    ),
  );
}

function findings(example: string, used: Settings): readonly Finding[] {
  const text = expand(example);
  const source = { path: 'example.yaml', files: [{ kind: 'text', name: 'example.yaml', text } as const] };
  const loaded = combine([source], used, 'with warnings');
  return [...ofTemplates(loaded, used), ...ofPods(text, loaded, used)];
}

function ofTemplates(loaded: LoadedTemplates, used: Settings): readonly Finding[] {
  const warnings = [
    ...loaded.files.flatMap(({ entries }) => entries.flatMap((entry) => entry.warnings)),
    ...[...findOverlaps(loaded.templates, used.rootNamespace).values()].flat(),
  ];
  return [
    ...loaded.problems.map((problem) => ({ code: problem.code, message: formatProblem(problem) })),
    ...warnings.map(({ code, field, detail }) => ({
      code,
      message: `${formatPath(field)}: ${detail} (podgraft ${code})`,
    })),
    ...loaded.notices.map((notice) => ({ code: 'PG113', message: notice })),
  ];
}

function ofPods(text: string, loaded: LoadedTemplates, used: Settings): readonly Finding[] {
  const pods = parseYaml(text)
    .documents.flatMap(({ value }) => manifestObjects(value))
    .map(({ value }) => value)
    .filter((value): value is JsonObject => stringField(value, 'kind') === 'Pod');
  return pods.flatMap((pod) => {
    const around = loaded.namespaces.get('shop') ?? namespace('shop');
    const { outcome } = settle(pod, loaded.templates, { namespace: around, settings: used });
    const problems = outcome.kind === 'refuse' ? outcome.problems : [];
    expect(outcome.kind === 'graft' ? outcome.graft.leftOut : outcome.leftOut).toEqual([]);
    return problems.map((problem) => ({ code: problem.code, message: formatProblem(problem) }));
  });
}

test('each code has its page, and each page its code', async () => {
  const pages = (await readdir(folder)).filter((name) => name !== 'README.md').toSorted();
  expect(pages).toEqual(codes.map((code) => `${code}.md`).toSorted());
});

describe.each(codes)('%s', (code) => {
  const file = new URL(`${code}.md`, folder);

  test('has the title of its kind, and fits on two screens', async () => {
    const page = await readFile(file, 'utf8');
    expect(page.split('\n', 1)[0]).toBe(`# ${code}: ${titles[code]}`);
    expect(page.split('\n').length).toBeLessThan(120);
    expect(fences(page).map(({ info }) => info)).toEqual(['yaml example', 'text', 'yaml mended']);
  });

  test('shows an example that brings it, and what is said', async () => {
    const page = await readFile(file, 'utf8');
    const [example] = fences(page);
    const used = code === 'PG043' ? { ...settings, required: { enabled: false } } : { ...settings, ...operators[code] };
    const said = findings(example?.text ?? '', used).filter((finding) => finding.code === code);
    expect(said).not.toEqual([]);
    const shown = said.map(({ message }) => `${message}\n`).join('');
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, withFence(page, 'text', shown));
    expect(fences(await readFile(file, 'utf8'))[1]?.text).toBe(shown);
  });

  test('shows a mended one that does not', async () => {
    const [, , mended] = fences(await readFile(file, 'utf8'));
    const found = findings(mended?.text ?? '', { ...settings, ...operators[code] });
    const errors = found.filter((finding) => Object.hasOwn(problemKinds, finding.code));
    expect(errors).toEqual([]);
    expect(found.map((finding) => finding.code)).not.toContain(code);
  });
});
