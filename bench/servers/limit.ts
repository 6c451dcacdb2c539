/**
 * The limit of the platform: what any webhook on Node has to do, and nothing else. HTTPS, a body read whole, `JSON.parse`,
 * a constant answer. No express, no log, no metrics, no decision.
 */
import https from 'node:https';
import { reviewUid } from '../bodies.ts';
import { readServerArguments } from '../server-arguments.ts';

const { port, key, certificate } = readServerArguments();
const answer = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: reviewUid, allowed: true },
});
const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) };

https
  .createServer({ key, cert: certificate, keepAliveTimeout: 120_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      JSON.parse(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(200, headers);
      response.end(answer);
    });
  })
  .listen(port, '127.0.0.1');
