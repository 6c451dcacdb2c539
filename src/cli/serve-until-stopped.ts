import { complain, goOnWithoutOutput } from './output.ts';
import type { Webhook } from './serve-webhook.ts';

/**
 * Waits for SIGTERM or SIGINT, then stops gracefully; a second signal stops at once. Resolves when all is closed.
 * An error that nobody has caught leaves nothing to rely on: the server stops gracefully too, and the promise rejects
 * with the error. A promise that nobody waited for is counted and logged, and the server goes on (contract R37).
 */
export async function untilStopped({ stop, server }: Pick<Webhook, 'stop' | 'server'>): Promise<void> {
  goOnWithoutOutput();
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const onRejection = (reason: unknown): void => server.reportUnhandled('rejection', reason);
    const stopThen = (settle: () => void): void => {
      isStopping = true;
      stop('drain').then(() => {
        process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
        process.off('unhandledRejection', onRejection).off('uncaughtException', onException);
        settle();
      }, reject);
    };
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) {
        void stop('now');
        return;
      }
      complain(`${signal}: stopping when no request comes any more; once more stops at once`);
      stopThen(resolve);
    };
    const onException = (error: Error): void => {
      server.reportUnhandled('exception', error);
      if (isStopping) return;
      complain('stopping, because of a bug, when no request comes any more');
      stopThen(() => reject(error));
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
    process.on('unhandledRejection', onRejection).on('uncaughtException', onException);
  });
}
