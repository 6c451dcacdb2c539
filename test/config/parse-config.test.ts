import { describe, expect, test } from 'vitest';
import { attributeOf, toFlags } from '../../src/config/flags.ts';
import { formatConfig } from '../../src/config/format-config.ts';
import { parseConfig, toSettings } from '../../src/config/parse-config.ts';
import type { ConfigSources } from '../../src/config/parse-config.ts';
import { envOf, flagOf, settingKeys } from '../../src/config/settings-table.ts';
import { defaultSettings } from '../../src/core/settings.ts';

const nothing: ConfigSources = { flags: {}, env: {} };

function valuesOf(sources: Partial<ConfigSources>) {
  const parsed = parseConfig({ ...nothing, ...sources });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join('\n'));
  return parsed.values;
}

function problemsOf(sources: Partial<ConfigSources>): readonly string[] {
  const parsed = parseConfig({ ...nothing, ...sources });
  return parsed.kind === 'invalid' ? parsed.problems : [];
}

function file(text: string) {
  return { file: { name: 'podgraft.yaml', text } };
}

describe('precedence', () => {
  test('without any source every setting has its default, and the core gets its own defaults', () => {
    const values = valuesOf({});
    expect(values.port).toBe(8443);
    expect(values.probePort).toBe(8080);
    expect(toSettings(values)).toEqual(defaultSettings);
  });

  test.each([
    ['flag', { flags: { port: '1' }, env: { PODGRAFT_PORT: '2' }, ...file('port: 3') }, 1],
    ['environment', { env: { PODGRAFT_PORT: '2' }, ...file('port: 3') }, 2],
    ['file', { ...file('port: 3'), defaults: { port: 4 } }, 3],
    ["command's default", { defaults: { port: 4 } }, 4],
  ])('the %s wins over what stands below it', (_, sources, port) => {
    expect(valuesOf(sources).port).toBe(port);
  });

  test('an empty environment variable counts as unset', () => {
    expect(valuesOf({ env: { PODGRAFT_PORT: '' } }).port).toBe(8443);
  });

  test.each([
    ['PODGRAFT_SOMETHING_ELSE', 'of another program'],
    ['PODGRAFT_PORT', 'tcp://10.96.0.10:443'],
    ['PODGRAFT_PORT_443_TCP_ADDR', '10.96.0.10'],
    ['PODGRAFT_SERVICE_HOST', '10.96.0.10'],
    ['PODGRAFT_WEBHOOK_SERVICE_PORT_HTTPS', '443'],
    ['PODGRAFT_WEBHOOK_PORT', 'tcp://10.96.0.10:443'],
  ])('%s, which another program or the kubelet (for a Service of our name) sets, is no setting', (name, value) => {
    expect(valuesOf({ env: { [name]: value } }).port).toBe(8443);
  });
});

describe('values', () => {
  test.each([
    [{ flags: { allow: ['privileged,hostPath', 'hostPorts'] } }, 'allow', ['privileged', 'hostPath', 'hostPorts']],
    [{ env: { PODGRAFT_TEMPLATES: 'a, b' } }, 'templates', ['a', 'b']],
    [{ flags: { requiredEnabled: true } }, 'required.enabled', true],
    [{ flags: { requiredEnabled: 'false' } }, 'required.enabled', false],
    [file('reusable: {ownerKinds: [ray.io/RayCluster, /Pod]}'), 'reusable.ownerKinds', ['ray.io/RayCluster', '/Pod']],
    [
      file('reusable: {selectors: [{matchLabels: {a: b}}]}'),
      'reusable.selectors',
      [[{ key: 'a', operator: 'In', values: ['b'] }]],
    ],
    [
      { flags: { sidecarResources: '{"requests": {"cpu": 0.1, "memory": "128Mi"}}' } },
      'sidecarResources',
      { requests: { cpu: 0.1, memory: '128Mi' } },
    ],
    [file('logLevel: debug\nexcludedNamespaces: [a, b]'), 'excludedNamespaces', ['a', 'b']],
    [file(''), 'excludedNamespaces', []],
    [file('{"port": 9}'), 'port', 9],
  ] as const)('%j sets %s', (sources, key, value) => {
    expect(valuesOf(sources)[key]).toEqual(value);
  });
});

describe('problems', () => {
  test.each([
    ['a port out of range', { flags: { port: '70000' } }, 'flag --port: port must be a whole number from 0 to 65535'],
    ['a port that is no number', { env: { PODGRAFT_PORT: '0x10' } }, 'environment PODGRAFT_PORT: port must be a whole'],
    ['a wrong type in the file', file('port: "8443"'), 'podgraft.yaml:1:1: port must be a whole number'],
    [
      'an unknown key',
      file('a: 1\nprobPort: 8080').file,
      'podgraft.yaml:2:1: probPort is no setting; did you mean probePort?',
    ],
    [
      'an unknown nested key',
      file('reusable:\n  ownerKind: []').file,
      'podgraft.yaml:2:3: reusable.ownerKind is no setting; did you mean reusable.ownerKinds?',
    ],
    ['a key that is like none', file('zzzzzzzz: 1').file, 'zzzzzzzz is no setting; --print-config shows all'],
    [
      'an unknown variable',
      { env: { PODGRAFT_PROBEPORT: '1' } },
      'environment: PODGRAFT_PROBEPORT is no setting; did you mean PODGRAFT_PROBE_PORT?',
    ],
    ['an unknown word', { flags: { injection: 'some' } }, 'injection must be one of labelled, all'],
    ['an unknown allowance', { flags: { allow: 'priviledged' } }, 'allow element 1 must be one of privileged, '],
    ['a name that no namespace has', { flags: { rootNamespace: 'A_b' } }, 'rootNamespace must be a namespace'],
    ['broken YAML', file('port: [').file, 'podgraft.yaml:1:8: this is not valid YAML'],
    ['a list for a file', file('- port').file, 'podgraft.yaml:1:1: must be a map of settings'],
    ['a certificate without its key', { flags: { tlsCert: 'a.crt' } }, 'tlsCert is set and tlsKey is not'],
    ['a key without its certificate', file('tlsKey: a.key').file, 'tlsKey is set and tlsCert is not'],
    ['an unknown resource', file('sidecarResources: {requests: {gpu: 1}}').file, 'requests has the unknown key gpu'],
    ['a wrong quantity', file('sidecarResources: {limits: {cpu: many}}').file, 'limits cpu must be a quantity'],
    ['JSON that is none', { flags: { sidecarResources: '{' } }, 'sidecarResources must be JSON'],
    [
      'a selector that is none',
      file('reusable: {selectors: [{matchLabel: {}}]}').file,
      'element 1 has the unknown key matchLabel',
    ],
    [
      'a selector without operator',
      file('reusable: {selectors: [{matchExpressions: [{key: a}]}]}').file,
      'whose operator is none of In',
    ],
    [
      'In without values',
      file('reusable: {selectors: [{matchExpressions: [{key: a, operator: In}]}]}').file,
      'that needs values',
    ],
    [
      'Exists with values',
      file('reusable: {selectors: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}').file,
      'that takes no values',
    ],
    [
      'an expression without key',
      file('reusable: {selectors: [{matchExpressions: [{operator: Exists}]}]}').file,
      'without a key',
    ],
    [
      'labels that are no text',
      file('reusable: {selectors: [{matchLabels: {a: 1}}]}').file,
      'matchLabels that are no map of text',
    ],
  ])('%s is said in one line', (_, given, problem) => {
    const sources = 'text' in given ? { file: given } : given;
    const problems = problemsOf(sources);
    expect(problems.join('\n')).toContain(problem);
    expect(problems.every((line) => !line.includes('\n'))).toBe(true);
  });

  test('all problems of all sources come at once', () => {
    const problems = problemsOf({ flags: { port: 'x' }, env: { PODGRAFT_LOG_LEVEL: 'loud' }, ...file('hots: a') });
    expect(problems).toHaveLength(3);
  });

  test('an alias bomb is no way to fill the memory', () => {
    const layers = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let index = 1; index < 12; index++) {
      layers.push(`a${index}: &a${index} [${Array.from({ length: 9 }, () => `*a${index - 1}`).join(', ')}]`);
    }
    expect(problemsOf(file(`${layers.join('\n')}\ntemplates: *a11`)).length).toBeGreaterThan(0);
  });
});

describe('flags and --print-config', () => {
  test('each setting has one flag, one variable and a sentence', () => {
    const flags = toFlags(settingKeys);
    expect(new Set(settingKeys.map(flagOf)).size).toBe(settingKeys.length);
    expect(new Set(settingKeys.map(envOf)).size).toBe(settingKeys.length);
    expect(flags.find(({ key }) => key === 'probePort')).toEqual({
      key: 'probePort',
      flags: '--probe-port <port>',
      description: 'the port of /livez, /readyz and /metrics (plain HTTP) (default 8080) [PODGRAFT_PROBE_PORT]',
      repeatable: false,
    });
    expect(flags.filter(({ repeatable }) => repeatable).map(({ key }) => key)).toContain('templates');
    expect(attributeOf('reusable.ownerKinds')).toBe('reusableOwnerKinds');
  });

  test('what is printed says where each value comes from, and reads back as the same configuration', () => {
    const parsed = parseConfig({
      flags: { port: '9443', allow: ['privileged'] },
      env: { PODGRAFT_LOG_LEVEL: 'debug' },
      ...file(
        'reusable: {selectors: [{matchLabels: {a: b}}], ownerKinds: [ray.io/RayCluster]}\nsidecarResources: {limits: {cpu: 1}}',
      ),
    });
    if (parsed.kind === 'invalid') throw new Error(parsed.problems.join('\n'));
    const text = formatConfig(parsed);
    expect(text).toContain('# flag --port\nport: 9443\n');
    expect(text).toContain('# environment PODGRAFT_LOG_LEVEL\nlogLevel: debug\n');
    expect(text).toContain('# default\nprobePort: 8080\n');
    expect(text).toContain('  # podgraft.yaml:1:');
    expect(valuesOf(file(text))).toEqual(parsed.values);
  });
});
