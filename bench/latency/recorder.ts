import { readFileSync } from 'node:fs';
import https from 'node:https';
import { objectField, stringField } from '../../src/core/json.ts';
import type { Json } from '../../src/core/json.ts';
import type { Workspace } from '../fleet.ts';
import { freePorts } from '../server-process.ts';

/** A webhook that changes nothing and remembers how large the reviews were that the API server sent it. */
export interface Recorder {
  readonly port: number;
  /** Bytes of each review, oldest first. */
  readonly sizes: readonly number[];
  readonly close: () => void;
}

/** Starts it in this process; it is there for a few reviews only, before anything is measured. */
export async function startRecorder({ certificate, key }: Workspace): Promise<Recorder> {
  const [port = 0] = await freePorts(1);
  const sizes: number[] = [];
  const server = https.createServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        sizes.push(body.length);
        const { apiVersion, kind, request: asked } = JSON.parse(body.toString()) as Record<string, Json>;
        const uid = stringField(objectField({ asked: asked ?? null }, 'asked'), 'uid');
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ apiVersion, kind, response: { uid, allowed: true } }));
      });
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    sizes,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
