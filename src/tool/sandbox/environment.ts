// A command gets the environment of the person who started Carrel, without what opens doors: a model's command can print
// its environment, and what it prints is sent to a provider. This stops accidents, not a command that looks for key files.
import { CALL_VARIABLE } from './mark.ts';

/**
 * What is dropped, by name: anything about a key, token, secret, password, credential or signature; what ends in `_PAT`,
 * `_PWD`, `_AUTH`, `_COOKIE`, `_DSN`; Carrel's own variables; and Node's channel to its parent.
 */
const SECRET_NAMES =
  /(token|secret|passw|passphrase|credential|api_?key|private|(^|_)(access_?|encryption_?|signing_?|master_?|service_?)?keys?(_id|_base64|_json)?$|_(pat|pwd|pass|auth|cookie|dsn|cert|sas|salt|jwt)$|^(pat|pass|auth|jwt)$)/i;
const FOREIGN_NAMES = /^(carrel_|node_channel_|node_unique_id$)/i;

/** And by value: well-known forms of keys, and addresses with a password in them. */
const SECRET_VALUES =
  /^(sk-|pk-|rk_|sk_|gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ASIA|AIza|ya29\.|hf_|npm_|eyJ[\w-]+\.)|-----BEGIN|:\/\/[^/\s:@]*:[^/\s@]+@/;

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of commands. `secrets` names further variables to drop, such as a provider's `apiKeyEnv`. */
export function commandEnvironment(
  source: Environment,
  secrets: readonly string[] = [],
): Record<string, string> {
  const kept: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || secrets.includes(name)) continue;
    if (SECRET_NAMES.test(name) || FOREIGN_NAMES.test(name) || SECRET_VALUES.test(value)) continue;
    kept[name] = value;
  }
  // A host that is itself inside a call: its commands belong to that call too.
  const outer = source[CALL_VARIABLE];
  if (outer !== undefined) kept[CALL_VARIABLE] = outer;
  return kept;
}
