// Nothing secret reaches a log. What is known to be a secret is taken out wherever it stands; what only looks like one, by its name
// or its form, is taken out too: better a log that hides too much.

import type { Secrets } from './secrets.ts';

const HIDDEN = '(hidden)';
const MAX_DEPTH = 8;
/** Of one text; the rest is cut. */
const MAX_TEXT = 16 * 1024;

/** Members of such a name never show a text. */
const SECRET_NAME =
  /authorization|cookie|secret|passw(or)?d|passphrase|credential|api[-_]?key|private[-_]?key|(^|[-_.]|[a-z])token$/i;

const FORMS: readonly (readonly [form: RegExp, shown: string])[] = [
  // `scheme://user:password@`
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi, `$1${HIDDEN}@`],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${HIDDEN}`],
  [/([?&](?:[\w.-]*(?:token|key|secret|sig|signature|password|code))=)[^&\s#"']+/gi, `$1${HIDDEN}`],
  [/\b(?:sk|pk|rk|ghp|gho|ghs|xox[abps]|AKIA|AIza)[-_A-Za-z0-9]{12,}/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  // Tokens of the daemon, and whatever else has 256 bits in it.
  [/[\w-]{43,}/g, HIDDEN],
];

export type Redact = <T>(value: T) => unknown;

/**
 * Takes the secrets that are known by then, and what looks like one, out of texts, members and errors. What it gives is plain data, and
 * bounded.
 */
export function redactor(secrets: Pick<Secrets, 'list'>): Redact {
  const text = (value: string): string => {
    const whole = secrets.list().reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), value);
    const shown = FORMS.reduce((rest, [form, hidden]) => rest.replaceAll(form, hidden), whole);
    return shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}…` : shown;
  };
  const plain = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value);
    if (value instanceof Error) return plain(fieldsOf(value), depth);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
    if (depth >= MAX_DEPTH) return '…';
    if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
    if (ArrayBuffer.isView(value)) return `${String(value.byteLength)} bytes`;
    const members = Object.entries(value).map(([name, member]) => [
      text(name),
      typeof member === 'string' && SECRET_NAME.test(name) ? HIDDEN : plain(member, depth + 1),
    ]);
    return Object.fromEntries(members);
  };
  return (value) => plain(value, 0);
}

function fieldsOf(error: Error): object {
  const { name, message, stack, cause } = error;
  const { code } = error as { readonly code?: unknown };
  return {
    name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause }),
  };
}
