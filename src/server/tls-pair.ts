/** A certificate chain and its key, as PEM, known to belong together. */
export interface TlsPair {
  readonly key: string;
  readonly cert: string;
  /** When the first of the chain ends, in milliseconds since the epoch. */
  readonly notAfterMs: number;
  /** When the CA ends, where we are the CA ourselves. */
  readonly caNotAfterMs?: number;
}

/** Where the server gets its certificate from: mounted files, or a development CA. */
export interface CertificateSource {
  readonly current: () => TlsPair;
  /** Calls back with each new pair; the function that comes back ends that. */
  readonly onChange: (listener: (pair: TlsPair) => void) => () => void;
}
