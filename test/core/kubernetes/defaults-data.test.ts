import { describe, expect, it } from 'vitest';
import { field, isObject, objectField } from '../../../src/core/json.ts';
import type { Json } from '../../../src/core/json.ts';
import { apiDefaults, derivedDefaults, podOnlyDefaults } from '../../../src/core/kubernetes/defaults-data.ts';
import published from '../../../src/core/kubernetes/kubernetes-1.36-podtemplatespec.json' with { type: 'json' };

const definitions = objectField(published, 'definitions');

function properties(type: string): Json | undefined {
  return field(field(definitions, `io.k8s.api.core.v1.${type}`), 'properties');
}

const defaults = Object.entries(apiDefaults).flatMap(([type, fields]) =>
  Object.entries(fields).map(([name, value]) => ({ type, name, value })),
);

describe("the API server's defaults", () => {
  it.each(defaults)('$type.$name is a field of the schema', ({ type, name }) => {
    expect(field(properties(type), name)).toBeDefined();
  });

  it.each(defaults)('$type.$name is not contradicted by the schema', ({ type, name, value }) => {
    expect(field(field(properties(type), name), 'default') ?? value).toEqual(value);
  });

  it('hold all that the schema says and that is not the zero value', () => {
    for (const [name, definition] of Object.entries(definitions)) {
      const type = name.replace('io.k8s.api.core.v1.', '');
      for (const [key, property] of Object.entries(objectField(definition, 'properties'))) {
        const value = field(property, 'default');
        if (value === undefined || isObject(value) || ['', 0, false].includes(value as string)) continue;
        expect({ type, key, value: apiDefaults[type]?.[key] }).toEqual({ type, key, value });
      }
    }
  });

  it('that only pods get are among them', () => {
    for (const [type, fields] of Object.entries(podOnlyDefaults)) {
      expect(Object.keys(apiDefaults[type] ?? {})).toEqual(expect.arrayContaining([...fields]));
    }
  });

  it.each(Object.keys(derivedDefaults))('the derived one of %s belongs to a field of the schema', (path) => {
    const [type = '', name = ''] = path.split('.');
    expect(field(properties(type), name)).toBeDefined();
  });
});
