const secretWords =
  /(^|_)(PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|SECRET|TOKEN|APIKEY|API_KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|CREDENTIAL|CREDENTIALS)(_|$)/;
// DB_PASSWORD_FILE holds a path, TOKEN_URL an address.
const notTheSecretItself = /_(FILE|PATH|DIR|NAME|URL|URI|ENDPOINT|ENABLED|TTL|SECONDS|LENGTH|TYPE|HEADER)$/;
const reference = /^\$\([^)]*\)$/;
const plainValue = /^(|\d{1,5}|true|false|yes|no|on|off|none|null|disabled|enabled)$/i;
const secretValues = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[opsru]_[A-Za-z0-9]{36}/,
  /\bglpat-[A-Za-z0-9_-]{20}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10}/,
  /\bsk_live_[A-Za-z0-9]{16}/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /:\/\/[^/\s:@]+:[^/\s:@$]+@/,
];
const secretFlag = /^--?([A-Za-z][A-Za-z0-9_-]*)=(.*)$/s;

/** True for the name of something that holds a secret: `DB_PASSWORD`, `apiToken`. */
function isSecretName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-.]/g, '_')
    .toUpperCase();
  return secretWords.test(words) && !notTheSecretItself.test(words);
}

/** True for a text that has the form of a key, a token, or an address with a password in it. */
export function hasSecretForm(value: string): boolean {
  return secretValues.some((form) => form.test(value));
}

/** True for a literal value of an environment variable that is probably a secret: by its form, or by the variable's name. */
export function looksSecret(name: string, value: string): boolean {
  if (hasSecretForm(value)) return true;
  return isSecretName(name) && !plainValue.test(value) && !reference.test(value) && !value.startsWith('/');
}

/** True for an argument that probably holds a secret: `--password=…`, or by its form. */
export function isSecretArgument(argument: string): boolean {
  const [, name = '', value = ''] = secretFlag.exec(argument) ?? [];
  return looksSecret(name, value) || hasSecretForm(argument);
}
