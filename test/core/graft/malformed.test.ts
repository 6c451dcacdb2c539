import { describe, expect, test } from 'vitest';
import { formatPath } from '../../../src/core/field-path.ts';
import { malformations } from '../../../src/core/graft/pod-view.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { pod, template } from '../../support/fixtures.ts';
import { decide, graft } from '../../support/graft.ts';

const main: Json = { name: 'main', image: 'app:1' };
const places = (given: JsonObject): readonly string[] => malformations(given).map(({ field }) => formatPath(field));

describe('a pod without the form that a graft needs', () => {
  test.each<{ what: string; given: JsonObject; found: readonly string[] }>([
    { what: 'a plain pod is fine', given: pod(), found: [] },
    { what: 'so is one without metadata', given: { spec: { containers: [main] } }, found: [] },
    {
      what: 'null is nothing',
      given: { metadata: null, spec: { containers: [main], initContainers: null } },
      found: [],
    },
    { what: 'and in metadata', given: pod({}, { labels: null, annotations: null }), found: [] },
    { what: 'no spec', given: { metadata: {} }, found: ['spec'] },
    { what: 'a spec that is a list', given: { spec: [] }, found: ['spec'] },
    { what: 'metadata that is a text', given: { metadata: 'x', spec: { containers: [main] } }, found: ['metadata'] },
    {
      what: 'maps that are lists',
      given: pod({}, { labels: [], annotations: ['a'] }),
      found: ['metadata.labels', 'metadata.annotations'],
    },
    { what: 'no containers', given: { spec: {} }, found: ['spec.containers'] },
    { what: 'containers of null', given: { spec: { containers: null } }, found: ['spec.containers'] },
    { what: 'an empty list of containers', given: pod({ containers: [] }), found: ['spec.containers'] },
    { what: 'containers that are a map, told once', given: pod({ containers: {} }), found: ['spec.containers'] },
    {
      what: 'lists of others that are none',
      given: pod({ initContainers: {}, ephemeralContainers: 'x' }),
      found: ['spec.initContainers', 'spec.ephemeralContainers'],
    },
    {
      what: 'containers without a name',
      given: pod({ containers: [main, { image: 'x' }, 'x', { name: 5 }], initContainers: [null] }),
      found: ['spec.containers[1]', 'spec.containers[2]', 'spec.containers[3]', 'spec.initContainers[0]'],
    },
  ])('$what', ({ given, found }) => {
    expect(places(given)).toEqual(found);
  });

  test('is refused where a template is asked for, every place at once', () => {
    const t = template('t', { spec: { schedulerName: 's' } });
    const given = pod({ containers: [main, 'x'], initContainers: {} }, { labels: { 'podgraft.dev/template': 't' } });
    expect(decide(given, [t]).problems).toEqual([
      expect.stringMatching(
        /^spec\.containers\[1\]: Invalid value: a container is an object with a name; mend the pod/,
      ),
      expect.stringMatching(/^spec\.initContainers: Invalid value: this must be a list of containers; mend the pod/),
    ]);
  });
});

test('of two containers of one name the first is meant', () => {
  const twice = pod({ containers: [main, { name: 'other', image: 'o:1' }, { name: 'main', image: 'second:1' }] });
  const t = template('t', { spec: { containers: [{ name: 'primary', tty: true }] } });
  const result = graft(twice, [t]);
  expect(result.patch.map(({ path }) => path)).toContain('/spec/containers/0/tty');
  expect(result.patch.map(({ path }) => path)).not.toContain('/spec/containers/2/tty');
});
