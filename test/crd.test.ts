import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { crdFile, formatCrd, toCrd } from '../tools/crd/definition.ts';
import { settingTexts } from '../tools/crd/settings.ts';
import { at } from './support/graft.ts';

describe('the CustomResourceDefinition', () => {
  test('is the one that the schema makes: else run `npm run crd`', async () => {
    expect(await readFile(crdFile, 'utf8')).toBe(formatCrd());
  });

  test('is small enough for kubectl apply, which keeps a copy in an annotation', () => {
    expect(Buffer.byteLength(formatCrd())).toBeLessThan(256 * 1024);
  });

  test('says something of each setting, and of nothing that is no setting', () => {
    const text = JSON.stringify(toCrd());
    for (const [field, { description }] of Object.entries(settingTexts)) {
      if (field === 'InjectionTemplate.metadata') continue;
      const isSaid = text.includes(JSON.stringify(description).slice(1, -1));
      expect({ field, isSaid }).toEqual({ field, isSaid: true });
    }
  });

  test('below spec.template it knows types, and nothing by which the API server would refuse more', () => {
    const path = ['spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties', 'template'];
    const template = JSON.stringify(at(toCrd(), ...path));
    expect(template).toContain('"topologySpreadConstraints"');
    for (const keyword of [
      'enum',
      'required',
      'format',
      'pattern',
      'x-kubernetes-list-type',
      'x-kubernetes-validations',
    ]) {
      const isThere = template.includes(`"${keyword}":`);
      expect({ keyword, isThere }).toEqual({ keyword, isThere: false });
    }
  });
});
