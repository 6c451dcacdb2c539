import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { isObject } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { apiVersion } from '../../src/core/keys.ts';
import { injectionTemplate } from '../../src/core/register/template-schema.ts';
import { toSettingSchema } from './open-api.ts';
import { settingTexts } from './settings.ts';

export const crdFile = fileURLToPath(new URL('../../charts/podgraft/files/injectiontemplate.yaml', import.meta.url));

const [group, version] = apiVersion.split('/') as [string, string];

/** `metav1.Condition`. */
const condition: JsonObject = {
  type: 'object',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: {
      type: 'string',
      description: 'Accepted: the template is in use. Overlaps: it may conflict with another one.',
    },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    lastTransitionTime: { type: 'string', format: 'date-time' },
    reason: { type: 'string' },
    message: { type: 'string', maxLength: 32768 },
  },
};

const status: JsonObject = {
  type: 'object',
  description: settingTexts['InjectionTemplate.status']?.description ?? '',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64', description: 'The generation that the rest is about.' },
    hash: { type: 'string', description: 'Of what decides a graft. The pods that got the template bear it.' },
    podSecurityLevel: {
      type: 'string',
      enum: ['privileged', 'baseline', 'restricted'],
      description: 'What the template by itself needs of Pod Security admission.',
    },
    conditions: {
      type: 'array',
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
};

/** The CustomResourceDefinition of InjectionTemplates (specification §2). */
export function toCrd(): JsonObject {
  // Of metadata the API server knows its own schema.
  const fields = [...injectionTemplate.fields].filter(([name]) => name !== 'metadata' && name !== 'status');
  const own = toSettingSchema({ ...injectionTemplate, required: ['spec'], fields: new Map(fields) });
  const properties = isObject(own['properties']) ? own['properties'] : {};
  const schema: JsonObject = {
    ...own,
    description:
      "What is grafted onto pods that ask for it, or match it: containers, volumes, metadata and the pod's own fields.",
    properties: { ...properties, metadata: { type: 'object' }, status },
  };
  const column = (name: string, jsonPath: string, type: string, priority = 0): JsonObject => ({
    name,
    type,
    jsonPath,
    ...(priority > 0 && { priority }),
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `injectiontemplates.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind: 'InjectionTemplate',
        listKind: 'InjectionTemplateList',
        plural: 'injectiontemplates',
        singular: 'injectiontemplate',
        shortNames: ['injt'],
        categories: ['podgraft'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('Accepted', '.status.conditions[?(@.type=="Accepted")].status', 'string'),
            column('Level', '.status.podSecurityLevel', 'string'),
            column('Required', '.spec.enforcement', 'string'),
            column('Age', '.metadata.creationTimestamp', 'date'),
            column('Hash', '.status.hash', 'string', 1),
            column('Description', '.spec.description', 'string', 1),
          ],
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

/** The file's text. */
export function formatCrd(): string {
  const comment = '# Made by `npm run crd` from the schema that the core judges templates by: change that, not this.\n';
  return comment + stringify(toCrd(), { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true });
}
