import { constants } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import type { Express, Request, Response } from 'express';
import type { Activity } from './activity.ts';
import { answerClientErrors } from './client-errors.ts';
import { sendSlowAway } from './slow-connections.ts';
import type { TlsPair } from './tls-pair.ts';
import { lastHandler } from './webhook-app.ts';

export type TlsMinVersion = 'TLSv1.2' | 'TLSv1.3';

/** Longer than the 90 s for which an API server keeps an idle connection: the server must never be first to close (contract rule 7). */
const keepAliveTimeoutMs = 120_000;

const maxConnections = 1000;

/** ECDHE with AEAD only (contract S17). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What decides a handshake. */
export interface Handshake {
  readonly pair: TlsPair;
  readonly minVersion: TlsMinVersion;
  /** The CAs of client certificates, as PEM: with them, who has none is refused (contract S18). */
  readonly clientCa?: string;
}

/**
 * All of what decides a handshake: a new certificate must come with the rest again, or the rest is lost (contract S17).
 * Where clients need a certificate there are no session tickets: with one, a session would begin without looking at it.
 */
export function toSecureContext({ pair, minVersion, clientCa }: Handshake): ServerOptions {
  const { key, cert } = pair;
  const { SSL_OP_NO_RENEGOTIATION: noRenegotiation, SSL_OP_NO_TICKET: noTicket } = constants;
  const secureOptions = clientCa === undefined ? noRenegotiation : noRenegotiation | noTicket;
  return { key, cert, minVersion, ciphers, secureOptions, ...(clientCa !== undefined && { ca: clientCa }) };
}

/** The HTTPS server of an express app: HTTP/1.1 only, with the limits of contract R10 and S16. */
export function createHttpsServer(app: Express, handshake: Handshake, activity: Activity): Server {
  const isMutual = handshake.clientCa !== undefined;
  const server = https.createServer(
    {
      ...toSecureContext(handshake),
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      ...messageClasses(app),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: 10_000,
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 5000,
      maxHeaderSize: 16_384,
      noDelay: true,
    },
    (request, response) => {
      if (activity.isStopping) response.shouldKeepAlive = false;
      app(request as Request, response as Response, lastHandler(request, response));
    },
  );
  server.maxConnections = maxConnections;
  sendSlowAway(server, maxConnections);
  answerClientErrors(server);
  server.maxRequestsPerSocket = 10_000;
  return server;
}

/**
 * Request and response as express wants them from the start. Express gives each request and response its own prototypes
 * (`Object.setPrototypeOf`), which throws away what the engine knows about them; where they have them already, that is free.
 */
function messageClasses(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class WebhookRequest extends IncomingMessage {}
  class WebhookResponse extends ServerResponse {}
  Object.setPrototypeOf(WebhookRequest.prototype, app.request);
  Object.setPrototypeOf(WebhookResponse.prototype, app.response);
  app.request = WebhookRequest.prototype as Request;
  app.response = WebhookResponse.prototype as unknown as Response;
  return { IncomingMessage: WebhookRequest, ServerResponse: WebhookResponse as unknown as typeof ServerResponse };
}
