import { readFileSync } from 'node:fs';
import path from 'node:path';
import { applyPatch } from 'diff';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { examples, folder, run, start } from '../support/cli.ts';
import type { Ran } from '../support/cli.ts';

const template = `apiVersion: podgraft.dev/v1alpha1
kind: InjectionTemplate
metadata: {name: log-shipper}
spec:
  template:
    metadata: {labels: {shipped: "yes"}}
    spec:
      imagePullSecrets: [{name: registry}]
      containers:
        - name: shipper
          image: shipper:1
`;
const matched = template
  .replace('log-shipper', 'everywhere')
  .replace('spec:\n', 'spec:\n  match: {podSelector: {matchLabels: {app: web}}}\n');

const files = folder({
  'templates/a.yaml': template,
  'templates/b.yaml': matched,
  'pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: {podgraft.dev/template: log-shipper}\nspec:\n  containers:\n    - name: main   # mine\n      image: app:1\n',
  'refused.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: q\n  labels: {podgraft.dev/template: log-shiper}\nspec:\n  containers:\n    - name: shipper\n      image: app:1\n',
  'two.yaml':
    '# config first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:   {a:   "1"}\n---\n# then the app\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {podgraft.dev/template: log-shipper}\nspec:\n  template:\n    metadata:\n      labels: {podgraft.dev/template: log-shipper}\n    spec:\n      containers:\n        - name: main\n          image: app:1\n          big: 12345678901234567890\n',
  'web.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: w\n  labels: {app: web}\nspec: {containers: [{name: main, image: app:1}]}\n',
});
afterAll(files.remove);

async function inject(...args: readonly string[]): Promise<Ran> {
  return run(['inject', '--templates', 'templates', ...args], { cwd: files.path });
}

describe('-o yaml', () => {
  test('a pod gets its sidecar, and every line of its own stays', async () => {
    const { code, stdout } = await inject('-f', 'pod.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('    - name: main   # mine\n      image: app:1\n    - name: shipper\n');
    expect(stdout).toContain("labels: {podgraft.dev/template: log-shipper, shipped: 'yes'");
  });

  test('documents that are no workloads pass through byte for byte', async () => {
    const { code, stdout, stderr } = await inject('-f', 'two.yaml');
    expect(code).toBe(0);
    expect(
      stdout.startsWith(
        '# config first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:   {a:   "1"}\n---\n# then the app\n',
      ),
    ).toBe(true);
    expect(stdout).toContain('big: 12345678901234567890\n');
    expect(stderr).toContain(
      'two.yaml:12:12: Deployment web: podgraft.dev/template has no effect here; it belongs on spec.template.metadata',
    );
    expect(stderr).toContain("the ServiceAccount's own are no longer added");
  });

  test('the output is its own fixed point', async () => {
    const { stdout } = await inject('-f', 'two.yaml');
    const again = await run(['inject', '--templates', 'templates', '-f', '-'], { cwd: files.path, input: stdout });
    expect(again.stdout).toBe(stdout);
  });

  test('several files and stdin become one stream', async () => {
    const { code, stdout } = await run(
      ['inject', '--templates', 'templates', '-f', 'pod.yaml', '-f', '-', '-f', 'web.yaml'],
      {
        cwd: files.path,
        input: '\uFEFFkind: A\nmetadata: {name: a}',
      },
    );
    expect(code).toBe(0);
    expect(parseAllDocuments(stdout).map((document) => (document.toJS() as { kind: string }).kind)).toEqual([
      'Pod',
      'A',
      'Pod',
    ]);
  });
});

describe('the other forms', () => {
  test('json: one document as itself, several as a List', async () => {
    const one = JSON.parse((await inject('-f', 'pod.yaml', '-o', 'json')).stdout) as { kind: string };
    expect(one.kind).toBe('Pod');
    const text = (await inject('-f', 'two.yaml', '-o', 'json')).stdout;
    const list = JSON.parse(text) as { kind: string; apiVersion: string; items: { kind: string }[] };
    expect([list.apiVersion, list.kind, ...list.items.map(({ kind }) => kind)]).toEqual([
      'v1',
      'List',
      'ConfigMap',
      'Deployment',
    ]);
    expect(text).toContain('"big": 12345678901234567890');
  });

  test('patch: the operations of one document, from its root; of several each with its name', async () => {
    const one = JSON.parse((await inject('-f', 'pod.yaml', '-o', 'patch')).stdout) as { path: string }[];
    expect(one.map(({ path: pointer }) => pointer)).toContain('/spec/containers/-');
    const several = JSON.parse((await inject('-f', 'two.yaml', '-n', 'app', '-o', 'patch')).stdout) as {
      kind: string;
      namespace?: string;
      name: string;
      patch: { path: string }[];
    }[];
    expect(several.map(({ kind, namespace, name }) => [kind, namespace, name])).toEqual([
      ['ConfigMap', undefined, 'c'],
      ['Deployment', 'app', 'web'],
    ]);
    expect(several[0]?.patch).toEqual([]);
    expect(several[1]?.patch.map(({ path: pointer }) => pointer)).toContain('/spec/template/spec/containers/-');
  });

  test('diff: applied to the file it gives what `-o yaml` prints', async () => {
    const { stdout: diff } = await inject('-f', 'two.yaml', '-o', 'diff');
    expect(diff).not.toContain('\u001B[');
    const before = readFileSync(path.join(files.path, 'two.yaml'), 'utf8');
    expect(applyPatch(before, diff)).toBe((await inject('-f', 'two.yaml')).stdout);
  });

  test('diff: nothing where nothing changes', async () => {
    expect(await inject('-f', 'web.yaml', '-o', 'diff')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('namespaces', () => {
  const isGrafted = ({ stdout }: Ran): boolean => stdout.includes('shipper:1');
  const covered = ['--namespace-labels', 'podgraft.dev/injection=enabled'];

  test.each<[string, readonly string[], boolean]>([
    ['a namespace that nothing describes is not covered', [], false],
    ['--namespace-labels cover the one in use', covered, true],
    ['--namespace-labels are those of -n', ['-n', 'web', ...covered], true],
    ['an excluded namespace is never covered', ['-n', 'kube-system', ...covered], false],
    ['the setting covers all', ['--injection', 'all'], true],
  ])('%s', async (_, args, expected) => {
    expect(isGrafted(await inject('-f', 'web.yaml', ...args))).toBe(expected);
  });

  test('a Namespace among the files, in a List too, covers its own', async () => {
    const input =
      'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Namespace\n    metadata: {name: team, labels: {podgraft.dev/injection: enabled}}\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: one, namespace: team, labels: {app: web}}\n    spec: {containers: [{name: main, image: a}]}\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: two, labels: {app: web}}\n    spec: {containers: [{name: main, image: a}]}\n';
    const { stdout } = await run(['inject', '--templates', 'templates', '-f', '-', '-o', 'patch'], {
      cwd: files.path,
      input,
    });
    const paths = (JSON.parse(stdout) as { path: string }[]).map(({ path: pointer }) => pointer);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.every((pointer) => pointer.startsWith('/items/1/'))).toBe(true);
  });
});

test('where one document is refused, stdout stays empty and all problems are told', async () => {
  const { code, stdout, stderr } = await inject('-f', 'pod.yaml', '-f', 'refused.yaml', '-f', 'two.yaml');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^refused\.yaml:5:\d+: Pod q: metadata\.labels\[podgraft\.dev\/template\]: Not found: "log-shiper": did you mean "log-shipper"\?/m,
  );
});

test('a pod too large for a cluster is refused here too', async () => {
  const annotation = 'x'.repeat(1100 * 1024);
  const input = readFileSync(path.join(files.path, 'pod.yaml'), 'utf8').replace(
    '  name: p\n',
    `  name: p\n  uid: ${annotation}\n`,
  );
  const { code, stdout, stderr } = await run(['inject', '--templates', 'templates', '-f', '-'], {
    cwd: files.path,
    input,
  });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/Pod p: Too many: the grafted pod would have \d+ bytes, 1048576 are possible.*PG022/);
});

describe('input that cannot be read: exit 2, stdout empty, one line for each', () => {
  const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['an empty file', '', /there is no object in it/],
    ['a comment only', '# nothing\n', /there is no object in it/],
    ['a binary file', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /binary/],
    ['text that is not UTF-8', new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]), /not UTF-8/],
    ['half a document', 'kind: Pod\nspec:\n  containers: [{name: main,\n', /stdin:\d+:\d+: .*podgraft PG048/],
    ['tabs as indentation', 'kind: Pod\nspec:\n\tcontainers: []\n', /stdin:3:1: .*spaces/],
    ['a key twice', 'kind: Pod\nkind: Job\n', /stdin:2:1: .*unique/],
    ['text that is no object', 'hello\n', /no Kubernetes object/],
    [
      'aliases of aliases',
      `a: &a [x]\n${[...'bcdefgh'].map((name, index) => `${name}: &${name} [${Array(12).fill(`*${'abcdefgh'[index]}`).join(', ')}]`).join('\n')}\n`,
      /aliases/,
    ],
    ['more than 8 MiB', Buffer.alloc(8 * 1024 * 1024 + 1, 'a'), /more than 8 MiB/],
  ];
  test.each(cases)('%s', async (_, input, message) => {
    const { code, stdout, stderr } = await run(['inject', '--templates', 'templates', '-f', '-'], {
      cwd: files.path,
      input,
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['a file that is not there', ['--templates', 'templates', '-f', 'none.yaml'], /none\.yaml: there is no such file/],
    [
      'a directory',
      ['--templates', 'templates', '-f', 'templates'],
      /templates: this is a directory; name the files in it/,
    ],
    [
      'templates that are not there',
      ['--templates', 'none', '-f', 'pod.yaml'],
      /none: there is no such file or directory/,
    ],
    [
      'a setting that is none',
      ['--templates', 'templates', '--injection', 'some', '-f', 'pod.yaml'],
      /must be one of labelled, all/,
    ],
    ['labels that are none', ['--templates', 'templates', '--namespace-labels', 'x', '-f', 'pod.yaml'], /key=value/],
    [
      'a form that is none',
      ['--templates', 'templates', '-o', 'xml', '-f', 'pod.yaml'],
      /Allowed choices are yaml, json, patch, diff/,
    ],
    ['no file', ['--templates', 'templates'], /required option '-f, --filename <file>'/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(['inject', ...args], { cwd: files.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});

test('an invalid template among the files: all its problems with their places, exit 2', async () => {
  const broken = folder({
    't.yaml': template
      .replace('image: shipper:1', 'imagee: shipper:1')
      .replace('spec:\n  template', 'spec:\n  orderr: 1\n  template'),
  });
  const { code, stdout, stderr } = await run(['inject', '--templates', broken.path, '-f', 'pod.yaml'], {
    cwd: files.path,
  });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/t\.yaml:5:3: spec\.orderr/);
  expect(stderr).toMatch(/t\.yaml:12:11: .*imagee/);
  broken.remove();
});

test('a file of 5 MB is read', async () => {
  const data = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n  text: |\n${'    one line of many, all of them alike\n'.repeat(130_000)}`;
  const { code, stdout } = await run(['inject', '--templates', 'templates', '-f', '-'], {
    cwd: files.path,
    input: data,
  });
  expect([code, stdout === data]).toEqual([0, true]);
});

test('whoever reads only the head of the output is no error', async () => {
  const child = start(['inject', '--templates', 'templates', '-f', '-'], { cwd: files.path });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.once('data', () => child.stdout.destroy());
  child.stdin.end(`kind: A\ntext: |\n${'  a line of many\n'.repeat(300_000)}`);
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
  });
  expect([code, stderr]).toEqual([0, '']);
});

test.each(['flyte-sidecar-task', 'flyte-pod-task', 'prefect-dind', 'hkube-sidecars', 'flyte2-pod-template'])(
  'the example %s is grafted, and its own lines all stay in order',
  async (name) => {
    const workload = path.join(examples, name, 'workload.yaml');
    const { code, stdout } = await run([
      'inject',
      '--templates',
      path.join(examples, name, 'template.yaml'),
      '-f',
      workload,
    ]);
    expect(code).toBe(0);
    const left = stdout.split('\n');
    for (const line of readFileSync(workload, 'utf8').split('\n')) {
      const at = left.indexOf(line);
      if (at < 0) throw new Error(`the output lacks this line: ${line}`);
      left.splice(0, at + 1);
    }
  },
);
