import { afterAll, describe, expect, test } from 'vitest';
import { examples, folder, run } from '../support/cli.ts';

const template = (name: string, spec: string, podSpec: string): string =>
  `apiVersion: podgraft.dev/v1alpha1\nkind: InjectionTemplate\nmetadata: {name: ${name}}\nspec:\n  ${spec}\n  template: {spec: ${podSpec}}\n`;
const files = folder({
  'templates/all.yaml': [
    template(
      'asked',
      'primaryContainerName: main',
      '{schedulerName: theirs, containers: [{name: side, image: "s:1"}]}',
    ),
    template('by-name', 'order: 1', '{nodeSelector: {x: "1"}}'),
    template('for-web', 'match: {podSelector: {matchLabels: {app: web}}}', '{nodeSelector: {x: "2"}}'),
    template('elsewhere', 'allowedNamespaces: {matchLabels: {team: a}}', '{}'),
  ].join('---\n'),
  'pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {podgraft.dev/template: asked}}\nspec:\n  schedulerName: mine\n  containers: [{name: main, image: "a:1", env: [{name: A, value: b}]}]\n',
  'absent.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {podgraft.dev/template: askd}}\nspec: {containers: [{name: main, image: a}]}\n',
});
afterAll(files.remove);

interface Explained {
  readonly outcome: string;
  readonly considered: readonly {
    readonly template: string;
    readonly verdict: string;
    readonly origin?: string;
    readonly reason?: string;
  }[];
  readonly kept: readonly { readonly field: string; readonly template: string }[];
  readonly fields: readonly { readonly field: string; readonly from: string }[];
  readonly serviceAccountToken: { readonly containers: readonly string[] };
  readonly problems: readonly string[];
}

async function explain(file: string): Promise<Explained> {
  const { stdout } = await run(['explain', '--templates', 'templates', '-f', file, '-o', 'json'], { cwd: files.path });
  const [first] = JSON.parse(stdout) as readonly Explained[];
  if (first === undefined) throw new Error('nothing was explained');
  return first;
}

describe('explain -o json', () => {
  test('says of every field who set it', async () => {
    const { fields } = await explain('pod.yaml');
    const from = new Map(fields.map(({ field, from: supplier }) => [field, supplier]));
    expect(from.get('spec.containers[0].image')).toBe('pod');
    expect(from.get('spec.containers[1].image')).toBe('podgraft-system/asked');
    expect(from.get('spec.schedulerName')).toBe('pod');
    expect(from.get('metadata.labels[podgraft.dev/grafted]')).toBe('podgraft');
  });

  test('says what was kept back, and who shares the token', async () => {
    const { kept, serviceAccountToken } = await explain('pod.yaml');
    expect(kept).toEqual([{ field: 'spec.schedulerName', template: 'podgraft-system/asked' }]);
    expect(serviceAccountToken.containers).toEqual(['side']);
  });

  test('says of every template what became of it, and why', async () => {
    const { considered } = await explain('pod.yaml');
    expect(considered).toEqual([
      { template: 'podgraft-system/asked', origin: 'named', verdict: 'grafted' },
      {
        template: 'podgraft-system/by-name',
        verdict: 'not taken',
        reason: 'it is used by name only, and the pod does not name it',
      },
      {
        template: 'podgraft-system/elsewhere',
        verdict: 'not taken',
        reason: 'its allowedNamespaces does not select namespace default',
      },
      {
        template: 'podgraft-system/for-web',
        verdict: 'not taken',
        reason: 'namespace default is not labelled podgraft.dev/injection=enabled, so templates come by name only',
      },
    ]);
  });

  test('a refused pod: exit 1, with the problems', async () => {
    const ran = await run(['explain', '--templates', 'templates', '-f', 'absent.yaml', '-o', 'json'], {
      cwd: files.path,
    });
    expect(ran.code).toBe(1);
    const { outcome, problems } = await explain('absent.yaml');
    expect(outcome).toBe('refuse');
    expect(problems).toEqual([expect.stringContaining('did you mean "asked"?')]);
  });
});

test('explain as text: each line with its supplier', async () => {
  const args = [
    'explain',
    '--templates',
    `${examples}prefect-dind/template.yaml`,
    '-f',
    `${examples}prefect-dind/workload.yaml`,
  ];
  const { code, stdout } = await run(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Job prefect-job-docker-build in namespace prefect/);
  expect(stdout).toContain('its primary container is flow');
  expect(stdout).toMatch(/^ {2}podgraft-system\/prefect-dind \| {5}- name: DOCKER_HOST$/m);
  expect(stdout).toMatch(/^ {2}pod +\| {3}- name: flow$/m);
  expect(stdout).toContain("runs as the pod's ServiceAccount default and is given its token");
  expect(stdout).not.toContain('\u001B[');
});

test('explain says where there is nothing to explain', async () => {
  const { code, stdout, stderr } = await run(['explain', '--templates', 'templates', '-f', 'templates/all.yaml'], {
    cwd: files.path,
  });
  expect([code, stdout, stderr]).toEqual([0, '', 'there is no pod and no workload in these files\n']);
});
