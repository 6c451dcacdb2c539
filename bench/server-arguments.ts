import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What the servers that podgraft is held against are started with. */
export interface ServerArguments {
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** The pod template to add, as JSON text. */
  readonly template: string;
}

/** Reads `--port N --key FILE --certificate FILE --template FILE`. */
export function readServerArguments(): ServerArguments {
  const option = { type: 'string', default: '' } as const;
  const { values } = parseArgs({ options: { port: option, key: option, certificate: option, template: option } });
  return {
    port: Number(values.port),
    key: readFileSync(values.key, 'utf8'),
    certificate: readFileSync(values.certificate, 'utf8'),
    template: readFileSync(values.template, 'utf8'),
  };
}
