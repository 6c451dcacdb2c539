import path from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const systems = ['flyte-pod-task', 'flyte-sidecar-task', 'flyte2-pod-template', 'hkube-sidecars', 'prefect-dind'];

/** The files of the examples' templates. */
export const exampleTemplates = systems.map((system) => path.join(examples, system, 'template.yaml'));

/** The one of a workload that `npm run cluster` proposes to try. */
export const exampleWorkload = path.join(examples, 'prefect-dind', 'workload.yaml');
