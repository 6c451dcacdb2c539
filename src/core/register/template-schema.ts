import { objectSchema, podTemplateSpec } from '../kubernetes/schema.ts';
import type { FieldSchema, ObjectSchema, Schema } from '../kubernetes/schema.ts';
import { lifecycles, protectable } from '../template.ts';

function fieldOf(schema: Schema): FieldSchema {
  return { schema, struct: false, zeroIsUnset: false };
}

function object(name: string, required: readonly string[], fields: Readonly<Record<string, Schema>>): ObjectSchema {
  const entries = Object.entries(fields).map(([key, schema]) => [key, fieldOf(schema)] as const);
  return { kind: 'object', name, fields: new Map(entries), required, atomic: false };
}

const text: Schema = { kind: 'string' };
const metadata = objectSchema('ObjectMeta');
const labelSelector = objectSchema('LabelSelector');
const lifecycle: Schema = { kind: 'string', enum: lifecycles };
const quantities: Schema = { kind: 'map', values: { kind: 'quantity' }, atomic: false };

const sidecars = object('SidecarSettings', [], {
  lifecycle,
  lifecycleByName: { kind: 'map', values: lifecycle, atomic: false },
  initOrder: { kind: 'string', enum: ['Last', 'First'] },
  resources: object('SidecarResources', [], { requests: quantities, limits: quantities }),
});

const injectionTemplateSpec = object('InjectionTemplateSpec', ['template'], {
  description: text,
  primaryContainerName: text,
  protect: { kind: 'list', items: { kind: 'string', enum: protectable } },
  match: object('TemplateMatch', [], { podSelector: labelSelector, namespaceSelector: labelSelector }),
  allowedNamespaces: labelSelector,
  order: { kind: 'integer', format: 'int32' },
  enforcement: { kind: 'string', enum: ['Optional', 'Required'] },
  conflictPolicy: { kind: 'string', enum: ['KeepPod', 'Deny'] },
  sidecars,
  template: podTemplateSpec,
});

/** An InjectionTemplate as a document (specification §2). Its status is ours to write, and nobody's to ask for. */
export const injectionTemplate = object('InjectionTemplate', ['metadata', 'spec'], {
  apiVersion: text,
  kind: text,
  metadata,
  spec: injectionTemplateSpec,
  status: { kind: 'any' },
});

/** A core/v1 PodTemplate as a document. */
export const podTemplate = object('PodTemplate', ['metadata'], {
  apiVersion: text,
  kind: text,
  metadata,
  template: podTemplateSpec,
});

/** What Kubernetes' schema requires and a template may lack: everything of the workload is the workload's. */
export const optionalInTemplates: ReadonlySet<string> = new Set(['PodSpec.containers']);
