import { arrayField, field, objectField, stringField } from '../core/json.ts';
import { printable } from '../core/problem.ts';
import type { ReviewFacts } from './decision.ts';
import type { AdmissionRequest } from './decode-review.ts';
import { cutCharacters } from './text.ts';

/** A name of Kubernetes has at most 253 characters; what we get hasn't been validated yet (contract rule 5). */
const maxNameLength = 253;

/** The name of what is created: `request.name`, else the object's own, else its generateName (contract C5). */
export function nameOf({ name, object }: AdmissionRequest): string {
  if (name !== '') return name;
  const metadata = objectField(object, 'metadata');
  return stringField(metadata, 'name') || (stringField(metadata, 'generateName') ?? '');
}

/** What every decision about a request tells the log; a decision adds what it did. */
export function toReviewFacts(request: AdmissionRequest): ReviewFacts {
  return {
    uid: logged(request.uid),
    namespace: logged(request.namespace),
    name: logged(nameOf(request)),
    ownerKind: logged(controllerKind(request)),
    operation: logged(request.operation),
    dryRun: request.dryRun,
    username: logged(request.username),
    templates: [],
    templateHashes: [],
    leftOut: [],
    patchOps: 0,
    patchBytes: 0,
  };
}

function controllerKind({ object }: AdmissionRequest): string {
  const owners = arrayField(objectField(object, 'metadata'), 'ownerReferences');
  return (
    stringField(
      owners.find((owner) => field(owner, 'controller') === true),
      'kind',
    ) ?? ''
  );
}

function logged(text: string): string {
  return cutCharacters(printable(text), maxNameLength);
}
