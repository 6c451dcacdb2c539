import type { IncomingHttpHeaders } from 'node:http';

const charset = /^\s*charset\s*=\s*"?([^"\s;]*)"?\s*$/iu;

/** Why a body isn't read, or undefined where it is uncompressed JSON in UTF-8 (contract C9). */
export function mediaTypeFault(headers: IncomingHttpHeaders): string | undefined {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== '') return 'Content-Encoding must be absent: send the review uncompressed';
  const contentType = headers['content-type'];
  if (contentType === 'application/json') return undefined;
  const [type = '', ...parameters] = (contentType ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') return 'Content-Type must be application/json';
  const isOther = parameters.some((parameter) => {
    const name = charset.exec(parameter)?.[1]?.toLowerCase();
    return name !== undefined && name !== 'utf-8' && name !== 'utf8';
  });
  return isOther ? 'the charset must be utf-8' : undefined;
}
