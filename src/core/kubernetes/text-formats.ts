import ipaddr from 'ipaddr.js';

/** What is wrong with a text, as the end of a sentence that begins with the field: `must be …`; `undefined` where it is fine. */
export type TextFormat = (text: string) => string | undefined;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123LabelForm = new RegExp(`^${label}$`);
const dns1123SubdomainForm = new RegExp(`^${label}(\\.${label})*$`);
const underscoreLabel = '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?';
const searchPathForm = new RegExp(`^${underscoreLabel}(\\.${underscoreLabel})*$`);
const qualifiedNameForm = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlForm = new RegExp(`^(${sysctlSegment}[./])*${sysctlSegment}$`);

const maxLabelLength = 63;
const maxSubdomainLength = 253;

function form(pattern: RegExp, maxLength: number, rule: string): TextFormat {
  return (text) =>
    text.length <= maxLength && pattern.test(text) ? undefined : `must be ${rule}, at most ${maxLength} characters`;
}

/** A container's, volume's or namespace's name (RFC 1123 label). */
export const dns1123Label = form(
  dns1123LabelForm,
  maxLabelLength,
  "lower case letters, digits and '-', with a letter or digit at each end",
);

/** The name of most objects (RFC 1123 subdomain). */
export const dns1123Subdomain = form(
  dns1123SubdomainForm,
  maxSubdomainLength,
  "lower case letters, digits, '-' and '.', with a letter or digit at each end of each part",
);

/** A search path of a resolver: `svc.cluster.local`, `_tcp.example.org.`, `.`. */
export const searchPath: TextFormat = (text) =>
  text === '.'
    ? undefined
    : form(
        searchPathForm,
        maxSubdomainLength,
        "a DNS name of lower case letters, digits, '-', '_' and '.'",
      )(text.replace(/\.$/, ''));

/** A label's key, with or without a prefix: `app`, `example.org/tier` (`validation.IsQualifiedName`). */
export const qualifiedName: TextFormat = (text) => {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  const isName = name.length <= maxLabelLength && qualifiedNameForm.test(name);
  const isPrefix = slash === -1 || dns1123Subdomain(text.slice(0, slash)) === undefined;
  return isName && isPrefix
    ? undefined
    : "must be a name of letters, digits, '-', '_' and '.', at most 63 characters, with an optional DNS prefix and '/' in front";
};

/** A label's value; the empty one is one too. */
export const labelValue: TextFormat = (text) =>
  text === '' || (text.length <= maxLabelLength && qualifiedNameForm.test(text))
    ? undefined
    : "must be letters, digits, '-', '_' and '.', at most 63 characters, with a letter or digit at each end";

/** The name of an environment variable, as Kubernetes 1.36 takes it: printable ASCII without `=`. */
export const envName: TextFormat = (text) =>
  /^[ -<>-~]+$/.test(text) ? undefined : "must be printable ASCII characters without '='";

/** The name of a port (IANA service name). */
export const portName: TextFormat = (text) =>
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text) && /[a-z]/.test(text) && !text.includes('--') && text.length <= 15
    ? undefined
    : "must be lower case letters, digits and single '-', at most 15 characters, one of them a letter";

/** The key of a ConfigMap or Secret. */
export const dataKey: TextFormat = (text) =>
  text.length <= maxSubdomainLength && /^[-._a-zA-Z0-9]+$/.test(text) && text !== '.' && !text.startsWith('..')
    ? undefined
    : "must be letters, digits, '-', '_' and '.', at most 253 characters, without '..' in front";

export const httpHeaderName: TextFormat = (text) =>
  /^[-A-Za-z0-9]+$/.test(text) ? undefined : "must be letters, digits and '-'";

export const sysctlName: TextFormat = form(
  sysctlForm,
  maxSubdomainLength,
  "the name of a sysctl: parts of lower case letters, digits, '-' and '_' with '.' or '/' between them",
);

/** An IPv4 or IPv6 address in its usual form: no leading zeros, no zone. */
export const ipAddress: TextFormat = (text) =>
  ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'))
    ? undefined
    : 'must be an IPv4 or IPv6 address';

/** A path without `..` in it. */
export const noBacksteps: TextFormat = (text) => (text.split('/').includes('..') ? "must not contain '..'" : undefined);

/** A path below something: not absolute, no `..`. */
export const relativePath: TextFormat = (text) =>
  text.startsWith('/') ? 'must be a relative path' : noBacksteps(text);

/** A file's path in a volume that Kubernetes writes: relative, and not one of the names that it needs itself. */
export const filePath: TextFormat = (text) =>
  relativePath(text) ?? (text.startsWith('..') ? "must not begin with '..'" : undefined);

export const absolutePath: TextFormat = (text) => (text.startsWith('/') ? undefined : 'must be an absolute path');

/** No space at either end. */
export const trimmed: TextFormat = (text) => (text.trim() === text ? undefined : 'must not begin or end with a space');

export const notEmpty: TextFormat = (text) => (text === '' ? 'must not be empty' : undefined);

/** One line of text: no control characters. */
export const oneLine: TextFormat = (text) =>
  /[\p{Cc}\u2028\u2029]/u.test(text) ? 'must be one line, without control characters' : undefined;

/** The name of a signer of certificates: `example.org/name`. */
export const signerName: TextFormat = (text) => {
  const [domain = '', ...rest] = text.split('/');
  return rest.length === 1 && domain.includes('.') && dns1123Subdomain(domain) === undefined && rest[0] !== ''
    ? undefined
    : "must be a DNS name with a '.', then '/' and a name";
};

/** A user of Windows, with a domain and a backslash in front or without. */
export const windowsUserName: TextFormat = (text) => {
  const [user = '', domain, ...more] = text.split('\\').toReversed();
  const isUser = user.length <= 104 && /^[^"/:;|=,+*?<>@[\]]+$/.test(user) && !/^[. ]+$/.test(user);
  const isDomain =
    domain === undefined || (domain.length < 256 && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(domain));
  return isUser && isDomain && more.length === 0
    ? undefined
    : 'must be the name of a Windows user: USER or DOMAIN\\USER';
};
