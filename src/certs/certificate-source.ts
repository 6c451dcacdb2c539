import type { CertificatePair } from './certificate-pair.ts';

/** A certificate that may change while it is in use. */
export interface CertificateSource {
  readonly current: () => CertificatePair;
  /** Calls back with each new pair; the function that comes back ends that. */
  readonly onChange: (listener: (pair: CertificatePair) => void) => () => void;
  /** Stops looking for new ones. */
  readonly close: () => void;
}

export type OpenedCertificate<T extends object = object> =
  | ({ readonly kind: 'open'; readonly source: CertificateSource } & T)
  /** One line: which file, what is wrong, what to do. */
  | { readonly kind: 'failed'; readonly message: string };

/** The pair of the moment and those who want to hear of the next. */
export interface CurrentPair {
  readonly current: () => CertificatePair;
  readonly onChange: CertificateSource['onChange'];
  readonly replace: (pair: CertificatePair) => void;
}

/** Holds a pair; `replace` tells the listeners, unless it is the same pair. */
export function holdPair(first: CertificatePair): CurrentPair {
  let pair = first;
  const listeners = new Set<(pair: CertificatePair) => void>();
  return {
    current: () => pair,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace: (next) => {
      if (next.cert === pair.cert && next.key === pair.key) return;
      pair = next;
      for (const listener of listeners) listener(next);
    },
  };
}
