import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';

function parse(text: string) {
  return parseConfig({ flags: {}, env: {}, file: { name: 'podgraft.yaml', text } });
}

describe('settings of a cluster', () => {
  test.each([
    [
      'certificates: cert-manager',
      /certificates is cert-manager and tlsCert is not set: name the files with --tls-cert/u,
    ],
    ['certificates: files', /certificates is files and tlsCert is not set/u],
    ['certificates: self-managed\ntlsCert: a\ntlsKey: b', /certificates is self-managed and tlsCert is set/u],
    ['leafLifeSeconds: 60\ncaLifeSeconds: 179', /a CA must live at least three times as long as a leaf/u],
    ['leafLifeSeconds: 29\ncaLifeSeconds: 180', /leafLifeSeconds must be a whole number from 30/u],
    ['serviceName: Not_A_Name', /serviceName must be the name of an object/u],
  ])('%j is refused', (text, message) => {
    const parsed = parse(text);
    expect(parsed.kind === 'invalid' && parsed.problems.join('\n')).toMatch(message);
  });

  test.each([
    'certificates: cert-manager\ntlsCert: a\ntlsKey: b',
    'certificates: self-managed',
    'leafLifeSeconds: 60\ncaLifeSeconds: 180',
    'mutatingWebhookConfigurations: [00-a, 00-b]\nvalidatingWebhookConfigurations: []',
  ])('%j is taken', (text) => {
    expect(parse(text).kind).toBe('config');
  });
});
