import { readFileSync } from 'node:fs';
import https from 'node:https';
import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { Json } from '../../src/core/json.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** From the call to the last byte of the answer. */
  readonly ms: number;
}

/** A client of the API server that has one connection and keeps it. */
export interface ApiClient {
  readonly send: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: string) => Promise<ApiAnswer>;
  readonly close: () => void;
}

/** @param kubeconfig a file as tools/cluster writes it: JSON, with a token and the path of a CA */
export function openApiClient(kubeconfig: string): ApiClient {
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Json;
  const cluster = objectField(arrayField(config, 'clusters')[0], 'cluster');
  const token = stringField(objectField(arrayField(config, 'users')[0], 'user'), 'token') ?? '';
  const base = stringField(cluster, 'server') ?? '';
  const ca = readFileSync(stringField(cluster, 'certificate-authority') ?? '', 'utf8');
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca });
  return {
    send: async (method, path, body = '') =>
      new Promise((resolve, reject) => {
        const headers = {
          Authorization: `Bearer ${token}`,
          Accept: 'application/json',
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
        };
        const startMs = performance.now();
        const request = https.request(`${base}${path}`, { method, agent, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const ms = performance.now() - startMs;
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), ms });
          });
        });
        request.on('error', reject);
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}
