// Keys and passwords in texts that leave a session: the forms that services give them, and what is named as one.

/** What stands in a text where a secret was. */
const HIDDEN = '[secret]';

// Every repetition is bounded, and none stands inside another: the time is linear in the text, whatever it is.
/** Forms that are secrets whatever stands around them. */
const FORMS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY-----|$)/g,
  /\b(?:sk|pk|rk)[-_](?=[A-Za-z_-]{0,64}\d)[A-Za-z0-9_-]{16,256}/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|crl_)[\w-]{16,256}/g,
  /\bxox[abeoprs]-[\w-]{10,256}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{30,256}/g,
  /\beyJ[\w-]{8,1024}\.[\w-]{8,4096}\.[\w-]{8,1024}/g,
];

/** `Authorization: Bearer x`, `https://user:password@host`. */
const AFTER: readonly RegExp[] = [
  /(\bauthorization\s{0,4}[:=]\s{0,4}["']?(?:bearer|basic|token)\s{1,4})[^\s"',;]{6,4096}/gi,
  /(:\/\/[^\s/:@]{0,128}:)[^\s/@]{3,256}(?=@)/g,
];

/** `PASSWORD=x`, `"api_key": "x"`, `client-secret: x`: the name says what the value is. */
const NAMED =
  /((?:password|passwd|passphrase|secret|api[_-]?key|(?:access|private)[_-]?key|(?:auth|access|refresh)[_-]?token)["']?\s{0,4}[:=]\s{0,4})("[^"\n]{4,4096}"|'[^'\n]{4,4096}'|[^\s"',;(){}[\]]{6,4096}(?![\w(]))/gi;

/** The text with every secret that can be told as one replaced. What nobody could tell from an ordinary word stays. */
export function redactSecrets(text: string): string {
  const forms = FORMS.reduce((left, form) => left.replace(form, HIDDEN), text);
  return AFTER.reduce((left, form) => left.replace(form, `$1${HIDDEN}`), forms).replace(NAMED, `$1${HIDDEN}`);
}
