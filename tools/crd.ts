/**
 * `npm run crd`: writes charts/podgraft/files/injectiontemplate.yaml, the CustomResourceDefinition of templates, from the
 * schema that the core judges them by.
 */
import { writeFileSync } from 'node:fs';
import { crdFile, formatCrd } from './crd/definition.ts';

writeFileSync(crdFile, formatCrd());
