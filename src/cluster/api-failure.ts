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
  /** Whether nobody tries again: a command that a person waits for. */
  readonly isOnce?: boolean;
  /** What to do about some failures, from who knows better what this request is for. */
  readonly advice?: Partial<Readonly<Record<FailureReason, string>>>;
}

const maxDetailBytes = 300;
const maxSaysBytes = 4096;

/** What to do about each, and what we do ourselves where we go on asking. */
const advice: Readonly<Record<FailureReason, { readonly todo: string; readonly meanwhile?: string }>> = {
  unreachable: {
    todo: 'see whether the address is right and the network policy lets us out',
    meanwhile: 'it is tried again',
  },
  disconnected: {
    todo: 'see whether something between us and the API server ends connections',
    meanwhile: 'it is tried again',
  },
  timeout: {
    todo: 'see whether the API server is overloaded or the network drops packets',
    meanwhile: 'it is tried again',
  },
  aborted: { todo: 'podgraft is stopping' },
  credentials: {
    todo: 'see whether the files and programs that the kubeconfig names are there',
    meanwhile: 'it is tried again',
  },
  unauthorized: {
    todo: 'the token or client certificate has expired or is for another cluster; renew it',
    meanwhile: 'it is tried again',
  },
  forbidden: { todo: "grant it: the chart's roles do", meanwhile: 'it is tried again' },
  absent: { todo: 'see whether it is installed', meanwhile: 'it is tried again' },
  conflict: { todo: 'somebody else changed it meanwhile', meanwhile: 'it is read and tried again' },
  gone: { todo: 'the history is gone', meanwhile: 'everything is listed again' },
  busy: { todo: 'the API server is overloaded', meanwhile: 'it is tried again when it says' },
  refused: { todo: 'the API server refuses this request; see whether it is a supported version of Kubernetes' },
  broken: { todo: 'the API server had an error; see its log', meanwhile: 'it is tried again' },
  garbage: {
    todo: 'this is not how a Kubernetes API server answers; see whether the address is one',
    meanwhile: 'it is tried again',
  },
};

/** Makes a failure. `detail`: a code such as ECONNREFUSED, or what the API server says where that can be shown. */
export function failure(
  asked: Asked,
  reason: FailureReason,
  detail: string,
  more: Pick<ApiFailure, 'status' | 'retryAfterMs' | 'says'> = {},
): ApiFailure {
  const shown = cutBytes(printable(detail), maxDetailBytes);
  const { todo, meanwhile } = advice[reason];
  const parts = [
    asked.advice?.[reason] ?? todo,
    ...(meanwhile === undefined || asked.isOnce === true ? [] : [meanwhile]),
  ];
  return {
    kind: 'failed',
    reason,
    ...more,
    message: `${asked.what} at ${asked.server}: ${shown}; ${parts.join('; ')}`,
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
