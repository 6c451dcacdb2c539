import { describe, expect, test } from 'vitest';
import { caps, checkBytes, checkCaps } from '../../../src/core/graft/caps.ts';
import type { PodSize } from '../../../src/core/graft/caps.ts';
import type { Edit } from '../../../src/core/graft/graft-pod.ts';
import { viewPod } from '../../../src/core/graft/pod-view.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { pod } from '../../support/fixtures.ts';

const text = (length: number, character = 'x'): string => character.repeat(length);
/** A result whose JSON has this many bytes. */
const result = (bytes: number): JsonObject => ({ a: text(bytes - '{"a":""}'.length) });

describe('patch and pod have at most as many bytes as an API server takes', () => {
  const { patchBytes, podBytes } = caps;

  test.each<{ what: string; patch: string; after: JsonObject; size?: PodSize; found: readonly string[] }>([
    { what: 'a patch at the cap', patch: text(patchBytes), after: {}, found: [] },
    {
      what: 'a patch above it',
      patch: text(patchBytes + 1),
      after: {},
      found: [`patch would have ${patchBytes + 1} `],
    },
    { what: 'a patch whose characters take two bytes', patch: text(patchBytes / 2, 'ä'), after: {}, found: [] },
    {
      what: 'one more of those',
      patch: text(patchBytes / 2 + 1, 'ä'),
      after: {},
      found: [`patch would have ${patchBytes + 2} `],
    },
    { what: 'a pod at the cap', patch: '', after: result(podBytes), found: [] },
    { what: 'a pod above it', patch: '', after: result(podBytes + 1), found: [`pod would have ${podBytes + 1} `] },
    {
      what: 'both above',
      patch: text(patchBytes + 1),
      after: result(podBytes + 1),
      found: [`patch would have ${patchBytes + 1} `, `pod would have ${podBytes + 1} `],
    },
    {
      what: 'what was sent and not read comes on top',
      patch: '',
      after: result(podBytes - 10),
      size: { maxBytes: podBytes + 1, unreadBytes: 10 },
      found: [],
    },
    {
      what: 'and may be too much',
      patch: '',
      after: result(podBytes - 10),
      size: { maxBytes: podBytes + 1, unreadBytes: 11 },
      found: [`pod would have ${podBytes + 1} `],
    },
    {
      what: 'a pod known to be small with its patch',
      patch: text(600, 'ä'),
      after: result(podBytes),
      size: { maxBytes: podBytes - 1200, unreadBytes: 0 },
      found: [],
    },
    {
      what: 'a patch above its cap of a pod known to be small',
      patch: text(patchBytes + 1),
      after: {},
      size: { maxBytes: 1, unreadBytes: 0 },
      found: [`patch would have ${patchBytes + 1} `],
    },
    {
      what: 'a pod that is not known to be small with its patch',
      patch: text(600, 'ä'),
      after: result(podBytes + 1),
      size: { maxBytes: podBytes - 1199, unreadBytes: 0 },
      found: [`pod would have ${podBytes + 1} `],
    },
  ])('$what', ({ patch, after, size, found }) => {
    const problems = checkBytes(patch, after, size, ['app/a', 'app/b']);
    const excesses = problems.map(({ detail }) => /\w+ would have \d+ /.exec(detail)?.[0]);
    expect(excesses).toEqual(found);
    for (const { code, detail } of problems) {
      expect(code).toBe('PG022');
      expect(detail).toContain('smaller templates than app/a, app/b');
    }
  });
});

describe('a graft adds nothing above a cap', () => {
  const named = (count: number, name: string): Json =>
    Array.from({ length: count }, (_, index) => ({ name: `${name}${index}` }));
  const edit = (...path: Edit['path']): Edit => ({ op: 'add', path, value: '', template: 'app/t' });
  const annotated = (bytes: number, character = 'x'): JsonObject =>
    pod({}, { annotations: { a: text((bytes - 1) / new TextEncoder().encode(character).length, character) } });
  const onAnnotations = edit('metadata', 'annotations', 'a');
  const all = caps.annotationBytes;

  test.each<{ what: string; before: JsonObject; after: JsonObject; edits?: readonly Edit[]; found: readonly string[] }>(
    [
      {
        what: 'containers and init containers together, at the cap',
        before: pod(),
        after: pod({ containers: named(caps.containers - 2, 'c'), initContainers: named(2, 'i') }),
        found: [],
      },
      {
        what: 'and above it',
        before: pod(),
        after: pod({ containers: named(caps.containers - 2, 'c'), initContainers: named(3, 'i') }),
        found: [`spec.containers: ${caps.containers + 1} containers and init containers`],
      },
      {
        what: 'containers of which the pod has as many',
        before: pod({ containers: named(caps.containers + 1, 'c') }),
        after: pod({ containers: named(caps.containers, 'c'), initContainers: named(1, 'i') }),
        found: [],
      },
      {
        what: 'volumes at the cap',
        before: pod(),
        after: pod({ volumes: named(caps.volumes, 'v') }),
        found: [],
      },
      {
        what: 'volumes above it',
        before: pod({ volumes: named(caps.volumes, 'v') }),
        after: pod({ volumes: named(caps.volumes + 1, 'v') }),
        found: [`spec.volumes: ${caps.volumes + 1} volumes`],
      },
      { what: 'annotations at the cap', before: pod(), after: annotated(all), edits: [onAnnotations], found: [] },
      {
        what: 'annotations above it',
        before: pod(),
        after: annotated(all + 1),
        edits: [edit('spec', 'hostname'), onAnnotations],
        found: [`metadata.annotations: ${all + 1} bytes of annotations`],
      },
      {
        what: 'annotations above it in bytes alone',
        before: pod(),
        after: annotated(all + 3, 'ä'),
        edits: [onAnnotations],
        found: [`metadata.annotations: ${all + 3} bytes of annotations`],
      },
      {
        what: 'annotations that no edit touches',
        before: pod(),
        after: annotated(all + 1),
        edits: [edit('spec', 'hostname')],
        found: [],
      },
      {
        what: 'annotations of which the pod has more',
        before: annotated(all + 5),
        after: annotated(all + 1),
        edits: [onAnnotations],
        found: [],
      },
    ],
  )('$what', ({ before, after, edits = [], found }) => {
    const problems = checkCaps(viewPod(before), after, edits);
    const excesses = problems.map(
      ({ field, detail }) => `${field.join('.')}: ${/would have (\d+ [a-z ]+), /.exec(detail)?.[1] ?? detail}`,
    );
    expect(excesses).toEqual(found);
  });
});
