import { decodeReview } from '../src/admission/decode-review.ts';
import type { AdmissionRequest } from '../src/admission/decode-review.ts';
import { mutatePods } from '../src/admission/mutate-pods.ts';
import type { Json } from '../src/core/json.ts';
import { parseTemplate } from '../src/core/register/parse-template.ts';
import { defaultSettings } from '../src/core/settings.ts';
import { buildTemplateSet } from '../src/core/template-set.ts';
import type { Body } from './bodies.ts';
import { spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';
import { podTemplate } from './templates.ts';

/**
 * What podgraft does with a parsed review, from the choice of templates to the self-checked patch, over what JSON.parse takes
 * for the same body. In this process: how often a pod of that size comes is nobody's bottleneck, how it grows is what counts.
 * @param name of the template that the body's pod names
 */
export function measurePatchCost(body: Body, name: string, rounds: number): Spread {
  const settings = defaultSettings;
  const template = parseTemplate(
    {
      apiVersion: 'podgraft.dev/v1alpha1',
      kind: 'InjectionTemplate',
      metadata: { name },
      spec: { template: podTemplate },
    },
    settings,
  );
  if (template.kind !== 'template') throw new Error('the template of the bench is not valid');
  const templates = buildTemplateSet([template.template], settings.rootNamespace);
  const context = {
    templates,
    settings,
    namespaceOf: (namespace: string) => ({ name: namespace, labels: {}, annotations: {} }),
  };
  const perRound = 100;
  const one = (): number => {
    // A decision owns its request, so each needs one of its own.
    const requests = Array.from({ length: perRound }, () => decode(body.text));
    const startMs = performance.now();
    for (const request of requests) mutatePods(request, context);
    const decidedMs = performance.now();
    for (let count = 0; count < perRound; count += 1) JSON.parse(body.text) as Json;
    return (decidedMs - startMs) / (performance.now() - decidedMs);
  };
  for (let warm = 0; warm < 5; warm += 1) one();
  return spreadOf(Array.from({ length: rounds }, one));
}

function decode(text: string): AdmissionRequest {
  const decoded = decodeReview(text);
  if (decoded.kind !== 'request') throw new Error(decoded.message);
  return decoded.request;
}
