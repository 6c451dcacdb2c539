import { complain } from './output.ts';
import type { Webhook } from './serve-webhook.ts';

/** Waits for SIGTERM or SIGINT, then stops gracefully; a second signal stops at once. Resolves when all is closed. */
export async function untilStopped({ stop }: Pick<Webhook, 'stop'>): Promise<void> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) {
        void stop('now');
        return;
      }
      isStopping = true;
      complain(`${signal}: stopping when no request comes any more; once more stops at once`);
      stop('drain').then(() => {
        process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
        resolve();
      }, reject);
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
