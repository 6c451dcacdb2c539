import { cutBytes, printable } from '../core/problem.ts';

/** Why a request to the API server brought nothing: a closed word, for metrics and for deciding what comes next. */
export type FailureReason =
  /** No connection. */
  | 'unreachable'
  /** The connection broke before the answer was complete. */
  | 'disconnected'
  /** The answer, or the next byte of it, didn't come in time. */
  | 'timeout'
  /** We gave up ourselves, because the process stops. */
  | 'aborted'
  /** Our credentials can't be read: a file that is gone, a plugin that fails. */
  | 'credentials'
  | 'unauthorized'
  | 'forbidden'
  | 'absent'
  | 'conflict'
  /** The resource version or the continue token is older than what the API server remembers. */
  | 'gone'
  /** 429, or 503 with Retry-After. */
  | 'busy'
  /** Any other 4xx: our request is wrong. */
  | 'refused'
  /** 5xx. */
  | 'broken'
  /** The answer is not what the API promises. */
  | 'garbage';

/** A request that brought nothing, and one line for a person: what, where, what to do. */
export interface ApiFailure {
  readonly kind: 'failed';
  readonly reason: FailureReason;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** What the API server asks us to wait. */
  readonly retryAfterMs?: number;
  readonly message: string;
  /** The message of the API server's Status: only for callers who know that what they sent holds no contents. */
  readonly says?: string;
}

/** Who asked for what: the beginning of each message. */
export interface Asked {
  /** As a person would say it: `list InjectionTemplates`. */
  readonly what: string;
  /** The API server's address. */
  readonly server: string;
}

const maxDetailBytes = 300;
const maxSaysBytes = 4096;

const advice: Readonly<Record<FailureReason, string>> = {
  unreachable: 'see whether the address is right and the network policy lets us out; it is tried again',
  disconnected: 'see whether something between us and the API server ends connections; it is tried again',
  timeout: 'see whether the API server is overloaded or the network drops packets; it is tried again',
  aborted: 'podgraft is stopping',
  credentials: 'see whether the files and programs that the kubeconfig names are there; it is tried again',
  unauthorized: 'the token or client certificate has expired or is for another cluster; renew it, it is tried again',
  forbidden: "grant it: the chart's roles do; it is tried again",
  absent: 'see whether it is installed; it is tried again',
  conflict: 'somebody else changed it meanwhile; it is read and tried again',
  gone: 'the history is gone; everything is listed again',
  busy: 'the API server is overloaded; it is tried again when it says',
  refused: 'the API server refuses this request; see whether it is a supported version of Kubernetes',
  broken: 'the API server had an error; see its log; it is tried again',
  garbage: 'this is not how a Kubernetes API server answers; see whether the address is one; it is tried again',
};

/** Makes a failure. `detail`: a code such as ECONNREFUSED, or what the API server says where that can be shown. */
export function failure(
  asked: Asked,
  reason: FailureReason,
  detail: string,
  more: Pick<ApiFailure, 'status' | 'retryAfterMs' | 'says'> = {},
): ApiFailure {
  const shown = cutBytes(printable(detail), maxDetailBytes);
  return {
    kind: 'failed',
    reason,
    ...more,
    message: `${asked.what} at ${asked.server}: ${shown}; ${advice[reason]}`,
  };
}

const reasons: Readonly<Record<number, FailureReason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'absent',
  409: 'conflict',
  410: 'gone',
  429: 'busy',
};

/** The failure that an HTTP status means. `serverSays`: the message of its Status, shown only where it holds no contents. */
export function statusFailure(
  asked: Asked,
  status: number,
  retryAfter: string | undefined,
  serverSays: string | undefined,
): ApiFailure {
  const retryAfterMs = toRetryAfterMs(retryAfter);
  const isBusy = status === 503 && retryAfterMs !== undefined;
  const reason = isBusy ? 'busy' : (reasons[status] ?? (status >= 500 || status < 400 ? 'broken' : 'refused'));
  const isShown = reason === 'forbidden' && serverSays !== undefined;
  return failure(asked, reason, isShown ? `HTTP ${status}, ${serverSays}` : `HTTP ${status}`, {
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(serverSays !== undefined && { says: cutBytes(printable(serverSays), maxSaysBytes) }),
  });
}

const maxRetryAfterSeconds = 300;

function toRetryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/u.test(header)) return undefined;
  return Math.min(Number(header), maxRetryAfterSeconds) * 1000;
}
