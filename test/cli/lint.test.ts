import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { examples, folder, run } from '../support/cli.ts';
import type { Ran } from '../support/cli.ts';

const good = `apiVersion: podgraft.dev/v1alpha1
kind: InjectionTemplate
metadata: {name: good}
spec:
  template:
    spec:
      nodeSelector: {disk: ssd}
`;
const mistakes = `apiVersion: podgraft.dev/v1alpha1
kind: InjectionTemplate
metadata: {name: "mis,takes"}
spec:
  orderr: 1
  template:
    spec:
      dnsPolicy: Sometimes
      containers:
        - name: sidecar
          image: x:1
          imagee: y
          resources: {limits: {cpu: lots}}
`;
const privileged = good.replace('nodeSelector: {disk: ssd}', 'hostNetwork: true').replace('name: good', 'name: net');

const files = folder({
  'good.yaml': good,
  'bad, one.yaml': mistakes,
  'net.yaml': privileged,
  'twice.yaml': `${good}---\n${good}`,
  'list.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Service' }] }),
  'overlap.yaml': `${good.replace('spec:', 'spec:\n  match: {}')}---\n${good.replace('name: good', 'name: other').replace('ssd', 'hdd')}`,
  'broken.yaml': 'a: [\n',
  'dir/.hidden.yaml': 'a: [\n',
  'dir/notes.txt': 'a: [\n',
  'dir/inner.yaml/deep.yaml': 'a: [\n',
  'dir/t.yml': good,
});
afterAll(files.remove);

async function lint(...args: readonly string[]): Promise<Ran> {
  return run(['lint', ...args], { cwd: files.path });
}

test('a good template: exit 0, and the level of what is allowed', async () => {
  const { code, stdout, stderr } = await lint('good.yaml');
  expect([code, stdout]).toEqual([0, '1 template: 0 errors, 0 warnings\n']);
  expect(stderr).toMatch(/may carry: privileged, .*; of others: privileged/);
});

test('four mistakes: one answer, four problems, each with its place', async () => {
  const { code, stdout } = await lint('bad, one.yaml');
  expect(code).toBe(1);
  const errors = stdout.split('\n').filter((line) => line.includes(': error: '));
  expect(errors.map((line) => /:(\d+:\d+): error/.exec(line)?.[1])).toEqual(['3:18', '5:3', '8:18', '12:11', '13:37']);
});

test.each<[string, readonly string[], number, RegExp]>([
  ['a warning alone is no finding', [`${examples}prefect-dind/template.yaml`], 0, /0 errors, [1-9]\d* warnings?/],
  ['with --strict it is one', ['--strict', `${examples}prefect-dind/template.yaml`], 1, /0 errors, [1-9]/],
  ['text that cannot be read as YAML', ['broken.yaml'], 1, /broken\.yaml:2:1: error: .*PG048/],
  [
    'a template that comes twice',
    ['twice.yaml'],
    1,
    /twice\.yaml:11:18: error: .*twice\.yaml:3:18 brings InjectionTemplate podgraft-system\/good too.*PG047/,
  ],
  [
    'templates that may not go together',
    ['overlap.yaml'],
    0,
    /good.*it and template podgraft-system\/other bring different .*PG110/,
  ],
  ['what the operator does not allow', ['--allow', 'privileged', 'net.yaml'], 1, /net\.yaml:7:7: error: .*PG044/],
  ['of a directory only its own YAML and JSON files', ['dir'], 0, /^1 template: 0 errors/],
])('%s', async (_, args, code, message) => {
  const ran = await lint(...args);
  expect(ran.stdout).toMatch(message);
  expect(ran.code).toBe(code);
});

test('a template from stdin', async () => {
  const input = 'apiVersion: podgraft.dev/v1alpha1\nkind: InjectionTemplate\nmetadata: {name: piped}\nspec: {}\n';
  const { code, stdout } = await run(['lint', '-'], { cwd: files.path, input });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^stdin:4:1: error: .*spec\.template: Required value.*PG033/m);
});

test('what is no template is ignored, and said', async () => {
  const { code, stderr } = await lint('list.json');
  expect(code).toBe(0);
  expect(stderr).toContain('list.json:1:');
  expect(stderr).toContain('v1 Service is no template; it is ignored');
});

test('a file that cannot be read: exit 2, the others are still looked at', async () => {
  const { code, stdout, stderr } = await lint('none.yaml', 'bad, one.yaml');
  expect(code).toBe(2);
  expect(stderr).toContain('none.yaml: there is no such file or directory');
  expect(stdout).toContain('PG030');
});

describe('for machines', () => {
  test('json', async () => {
    const findings = JSON.parse((await lint('-o', 'json', 'bad, one.yaml')).stdout) as Record<string, unknown>[];
    expect(findings[1]).toMatchObject({
      severity: 'error',
      code: 'PG030',
      field: 'spec.orderr',
      at: { file: 'bad, one.yaml', line: 5, column: 3 },
    });
  });

  test('github: workflow commands, escaped', async () => {
    const { stdout } = await lint('-o', 'github', 'bad, one.yaml');
    expect(stdout).toContain('::error file=bad%2C one.yaml,line=5,col=3,title=podgraft PG030::spec.orderr: ');
  });

  test('sarif: a run whose results point at rules and places', async () => {
    const log = JSON.parse(
      (await lint('-o', 'sarif', 'bad, one.yaml', path.resolve(files.path, 'good.yaml'))).stdout,
    ) as {
      version: string;
      runs: [
        {
          tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } };
          results: {
            ruleId: string;
            ruleIndex: number;
            level: string;
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: string };
                  region: { startLine: number; startColumn: number };
                };
              },
            ];
          }[];
        },
      ];
    };
    const [{ tool, results }] = log.runs;
    expect([log.version, tool.driver.name]).toEqual(['2.1.0', 'podgraft']);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(results[1]?.level).toBe('error');
    expect(results[1]?.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'bad%2C%20one.yaml' },
      region: { startLine: 5, startColumn: 3 },
    });
  });
});
