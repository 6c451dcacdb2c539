import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { Express, NextFunction } from 'express';
import { sendLine } from './respond.ts';
import { reviewHandler } from './review-handler.ts';
import type { ReviewDependencies } from './review-handler.ts';
import { webhooks } from './webhooks.ts';

/**
 * Express for the HTTPS port: the webhooks and nothing else. A path that isn't there is a 404, another method than
 * POST a 405, both without a look at the body (T1); never a redirect (contract C10).
 */
export function createWebhookApp(dependencies: ReviewDependencies): Express {
  const app = bareApp();
  for (const webhook of webhooks) {
    const handle = reviewHandler(webhook, dependencies);
    app
      .route(webhook.path)
      .post(handle)
      .all((request, response) => {
        dependencies.record({
          webhook: webhook.name,
          outcome: 'rejected',
          reason: 'method',
          code: 405,
          durationMs: 0,
        });
        sendLine(request, response, 405, 'only POST is answered here', { Allow: 'POST' });
      });
  }
  return app;
}

/** Express without what a webhook doesn't need: it would cost time for each request, or tell what runs here. */
export function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  return app;
}

/**
 * What is left when no route has answered. Given to each request in place of express's own last handler, which is made
 * anew for each and prints errors to the console.
 */
export function lastHandler(request: IncomingMessage, response: ServerResponse): NextFunction {
  return (error?: unknown) => {
    if (error === undefined || error === null) sendLine(request, response, 404, 'nothing is answered here');
    else sendLine(request, response, 500, 'internal error');
  };
}
