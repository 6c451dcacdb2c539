import type { Json, JsonObject } from '../../src/core/json.ts';
import { canonical } from '../../src/core/json.ts';
import { reservedNames } from '../../src/core/register/special-entries.ts';
import { defaultTemplateSettings } from '../../src/core/register/template-settings-defaults.ts';

/** What the CRD says of a setting beyond its type: for `kubectl explain`, and what the API server refuses by itself. */
export interface SettingText {
  readonly description: string;
  readonly default?: Json;
  /** OpenAPI keywords: bounds, patterns, enums, list types. */
  readonly keywords?: JsonObject;
  /** CEL rules over the value, as `self`, and what they demand. */
  readonly rules?: readonly CelRule[];
}

export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

const label = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
const labelRule = "lower case letters, digits and '-', with a letter or digit at each end, at most 63 characters";
const notSet = (name: string): string => `!has(self.${name}) || size(self.${name}) == 0`;
const { primaryContainerName, protect, order, enforcement, conflictPolicy, sidecars } = defaultTemplateSettings;

const selector = 'an empty selector matches all';
const presets = { maxProperties: 2 };
const presetRule: CelRule = {
  rule: "self.all(name, name in ['cpu', 'memory'])",
  message: 'only cpu and memory can be preset',
};
const isAboveLimit = (name: string): CelRule => ({
  rule:
    `!has(self.requests) || !has(self.limits) || !('${name}' in self.requests) || !('${name}' in self.limits) || ` +
    `!isQuantity(string(self.requests['${name}'])) || !isQuantity(string(self.limits['${name}'])) || ` +
    `quantity(string(self.requests['${name}'])).compareTo(quantity(string(self.limits['${name}']))) <= 0`,
  message: `the request for ${name} must not be above its limit`,
});

/** By `Type.field`, as in the core's schema of templates; each field must have its row. */
export const settingTexts: Readonly<Record<string, SettingText>> = {
  'InjectionTemplate.apiVersion': { description: 'The version of this schema.' },
  'InjectionTemplate.kind': { description: 'InjectionTemplate.' },
  'InjectionTemplate.metadata': {
    description:
      'Pods ask for the template by its name, a label value. In the root namespace it is there for every namespace.',
  },
  'InjectionTemplate.spec': {
    description: 'What is grafted onto pods, and how.',
    rules: [
      {
        rule: "!has(self.enforcement) || self.enforcement != 'Required' || has(self.match)",
        message: 'a Required template must have a match: say which pods need it',
      },
    ],
  },
  'InjectionTemplate.status': { description: 'Written by podgraft.' },
  'InjectionTemplateSpec.description': {
    description: 'What the template is for, in one line.',
    keywords: { maxLength: 1024 },
    rules: [{ rule: "!self.matches('[[:cntrl:]\\u2028\\u2029]')", message: 'must be one line' }],
  },
  'InjectionTemplateSpec.primaryContainerName': {
    description:
      "The container of spec.template.spec.containers that stands for the pod's primary container, the one that runs the workload. It is never added.",
    default: primaryContainerName,
    keywords: { minLength: 1, maxLength: 63 },
    rules: [
      { rule: `self.matches('${label}')`, message: `must be ${labelRule}` },
      {
        rule: `!(self in ${canonical([...reservedNames]).replaceAll('"', "'")})`,
        message: 'is the name of another special entry',
      },
    ],
  },
  'InjectionTemplateSpec.protect': {
    description:
      "The fields of the workload's own containers that the template cannot reach. image, command and args are always among them.",
    default: [...protect],
    keywords: { maxItems: 5, 'x-kubernetes-list-type': 'set' },
    rules: [
      {
        rule: "['image', 'command', 'args'].all(name, name in self)",
        message: 'must hold image, command and args: a template never changes what a workload runs',
      },
    ],
  },
  'InjectionTemplateSpec.match': {
    description:
      'Which pods get the template without asking for it, in namespaces where that is on. Without it, the template is used only by name.',
  },
  'TemplateMatch.podSelector': { description: `Labels that the pod must have; ${selector}.` },
  'TemplateMatch.namespaceSelector': {
    description: `Labels that the pod's namespace must have; ${selector}. Only for templates of the root namespace.`,
  },
  'InjectionTemplateSpec.allowedNamespaces': {
    description: `Labels that a namespace must have for its pods to use the template; ${selector}. Only for templates of the root namespace.`,
  },
  'InjectionTemplateSpec.order': {
    description: 'Of the templates that match a pod, those with lower numbers come first.',
    default: order,
  },
  'InjectionTemplateSpec.enforcement': {
    description:
      'Whether a matching pod can do without the template (Optional), or is refused where it lacks it (Required).',
    default: enforcement,
  },
  'InjectionTemplateSpec.conflictPolicy': {
    description: "Where pod and template differ: KeepPod keeps the pod's value, with a warning; Deny refuses the pod.",
    default: conflictPolicy,
  },
  'InjectionTemplateSpec.sidecars': { description: 'How the containers are run that the template adds.', default: {} },
  'SidecarSettings.lifecycle': {
    description:
      'Container: an ordinary container. Native: an init container that restarts always, and ends with the workload. Auto: Native in pods that run to completion, else Container.',
    default: sidecars.lifecycle,
  },
  'SidecarSettings.lifecycleByName': {
    description: 'The same for single sidecars, by their names.',
    keywords: { maxProperties: 100 },
    rules: [{ rule: `self.all(name, name.matches('${label}'))`, message: `a sidecar's name is ${labelRule}` }],
  },
  'SidecarSettings.initOrder': {
    description:
      "Whether the init containers of the template, and its native sidecars, stand after the pod's own (Last) or before (First).",
    default: sidecars.initOrder,
  },
  'SidecarSettings.resources': {
    description: 'What a sidecar gets where, for cpu or memory, it sets neither request nor limit.',
    rules: [isAboveLimit('cpu'), isAboveLimit('memory')],
  },
  'SidecarResources.requests': { description: 'Requests for cpu and memory.', keywords: presets, rules: [presetRule] },
  'SidecarResources.limits': { description: 'Limits for cpu and memory.', keywords: presets, rules: [presetRule] },
  'InjectionTemplateSpec.template': {
    description:
      'The PodTemplateSpec to graft: metadata (labels and annotations) and spec, of which nothing is required. The webhook judges it, and lists all that is wrong with it.',
  },
  'LabelSelector.matchLabels': { description: 'Labels and their values; all of them must be there.' },
  'LabelSelector.matchExpressions': {
    description: 'Conditions on labels; all of them must hold.',
    keywords: { maxItems: 64 },
  },
  'LabelSelectorRequirement.key': { description: "The label's key.", keywords: { minLength: 1, maxLength: 317 } },
  'LabelSelectorRequirement.operator': {
    description: 'How the label and the values relate.',
    keywords: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
  },
  'LabelSelectorRequirement.values': {
    description: 'For In and NotIn, at least one; else none.',
    keywords: { maxItems: 256 },
  },
};

/** Rules over objects as a whole, by type. */
export const objectRules: Readonly<Record<string, readonly CelRule[]>> = {
  InjectionTemplate: [
    {
      rule: `size(self.metadata.name) <= 63 && self.metadata.name.matches('${label}')`,
      message: `the name must fit a label's value: ${labelRule}`,
    },
  ],
  LabelSelectorRequirement: [
    {
      rule: `self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : ${notSet('values')}`,
      message: 'In and NotIn need values, Exists and DoesNotExist have none',
    },
  ],
};
