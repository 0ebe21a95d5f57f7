// The one table of settings. Checks, messages, hints, the JSON Schema and the reference all come from it.
import { Mode, ProviderKind } from '../protocol/index.ts';
import { DEFAULT_PROFILE } from './builtin.ts';
import { HOST_LIMITS, SESSION_LIMITS, type Limit } from './limits.ts';

/**
 * What a project's file may do with a setting. `free`: set it, trusted or not. `lower`: only lower it, until the project is
 * trusted. `trusted`: nothing until then. `never`: it is the home's alone.
 */
export type ProjectRule = 'free' | 'lower' | 'trusted' | 'never';

/** One row. Every setting can be set in the home's file; `project`, `env` and `flag` say where else. */
export interface Setting {
  /** Dotted; a segment in capitals stands for any name. */
  readonly key: string;
  readonly kind: 'integer' | 'number' | 'boolean' | 'text' | 'choice' | 'list';
  readonly meaning: string;
  readonly project: ProjectRule;
  readonly default?: string | number | boolean | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
  /** Why the default and the bounds are what they are. */
  readonly reason?: string;
  /** What 0 stands for, where it lies below the minimum. */
  readonly zero?: string;
  readonly choices?: readonly string[];
  /** What it must look like, to end the sentence "it must be …". */
  readonly form?: string;
  /** Its value is never shown, not even when it is wrong. */
  readonly secret?: boolean;
  readonly env?: string;
  readonly flag?: string;
}

const MODEL_FORM = '"auto" or "PROVIDER/MODEL"';
const NAMES_FORM = 'a list of names';
const PATHS_FORM = 'a list of paths or globs in the folder of a session';

const GENERAL: readonly Setting[] = [
  {
    key: '$schema',
    kind: 'text',
    project: 'free',
    meaning: 'Where an editor finds the JSON Schema of the file; not read.',
  },
  {
    key: 'model',
    kind: 'text',
    project: 'free',
    default: 'auto',
    form: MODEL_FORM,
    env: 'CARREL_MODEL',
    flag: '--model',
    meaning: 'The model of every profile that names none.',
    reason: '`auto` takes the provider whose key is in the environment, and says which.',
  },
];

const PROVIDER: readonly Setting[] = [
  {
    key: 'kind',
    kind: 'choice',
    project: 'trusted',
    choices: ProviderKind.options,
    meaning: 'What it speaks: Responses, chat completions, Anthropic messages or Gemini.',
  },
  {
    key: 'baseUrl',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'an http or https address without user and password',
    meaning: "Where it is; the kind's own service when left out. Needed for `openai-compatible`.",
  },
  {
    key: 'apiKey',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'a text that is not empty',
    meaning: 'The key itself. Better in the environment.',
  },
  {
    key: 'apiKeyEnv',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'the name of an environment variable, in capitals',
    meaning: 'The environment variable that holds the key.',
  },
  {
    key: 'headers.HEADER',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'a text of one line',
    meaning: 'A header of every request.',
  },
  {
    key: 'models.MODEL.contextTokens',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1000,
    maximum: 10_000_000,
    meaning: 'Tokens that the model reads.',
    reason: 'Less than 1,000 does not hold a prompt and its tools.',
  },
  {
    key: 'models.MODEL.outputTokens',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1,
    maximum: 10_000_000,
    meaning: 'Tokens that it writes at most.',
  },
  { key: 'models.MODEL.tools', kind: 'boolean', project: 'trusted', meaning: 'It can call tools.' },
  { key: 'models.MODEL.images', kind: 'boolean', project: 'trusted', meaning: 'It can see images.' },
  {
    key: 'models.MODEL.reasoning',
    kind: 'boolean',
    project: 'trusted',
    meaning: 'It can reason before it answers.',
  },
  {
    key: 'models.MODEL.temperature',
    kind: 'choice',
    project: 'trusted',
    choices: ['free', 'fixed'],
    meaning: '`fixed`: it refuses any temperature but its own, so none is sent.',
  },
];

const PROFILE: readonly Setting[] = [
  {
    key: 'prompt',
    kind: 'text',
    project: 'trusted',
    form: 'a text, or a list of lines',
    meaning: 'The system prompt; a list is joined by line breaks.',
  },
  {
    key: 'model',
    kind: 'text',
    project: 'trusted',
    form: MODEL_FORM,
    meaning: 'Its model; `model` when left out.',
  },
  {
    key: 'tools',
    kind: 'list',
    project: 'trusted',
    default: DEFAULT_PROFILE.tools,
    form: NAMES_FORM,
    meaning: 'The tools it is offered, all of them.',
  },
  {
    key: 'mode',
    kind: 'choice',
    project: 'trusted',
    default: DEFAULT_PROFILE.mode,
    choices: Mode.options,
    meaning: 'What runs without asking.',
    reason: 'Nothing is written or run before someone has seen it.',
  },
  {
    key: 'recovery',
    kind: 'choice',
    project: 'trusted',
    default: DEFAULT_PROFILE.recovery,
    choices: ['continue', 'pause'],
    meaning: 'After a crash: go on with the turn, or wait for someone.',
    reason: 'No tool runs twice silently, so going on is safe.',
  },
  {
    key: 'runOnStart',
    kind: 'boolean',
    project: 'trusted',
    default: false,
    meaning: 'Its sessions are taken up when a host starts that takes up any, in the order of their marking.',
    reason: 'Work that nobody watches should say so before it begins by itself.',
  },
  {
    key: 'continueOnLength',
    kind: 'boolean',
    project: 'trusted',
    default: DEFAULT_PROFILE.continueOnLength,
    meaning: 'Continue an answer that the output limit cut, at most 3 times a turn.',
  },
  {
    key: 'haltOnDenied',
    kind: 'boolean',
    project: 'trusted',
    default: DEFAULT_PROFILE.haltOnDenied,
    meaning: 'A denied call halts the other calls of its step.',
    reason: 'The model sees the denial and can go on with the rest.',
  },
  {
    key: 'deny.tools',
    kind: 'list',
    project: 'trusted',
    default: [],
    form: NAMES_FORM,
    meaning: 'Tools that are denied, added to `permissions.deny.tools`.',
  },
  {
    key: 'deny.paths',
    kind: 'list',
    project: 'trusted',
    default: [],
    form: PATHS_FORM,
    meaning: 'Paths that are denied, added to `permissions.deny.paths`.',
  },
  {
    key: 'temperature',
    kind: 'number',
    project: 'trusted',
    minimum: 0,
    maximum: 2,
    meaning: "Sent with each request; the provider's own when left out.",
  },
  {
    key: 'maxOutputTokens',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1,
    maximum: 10_000_000,
    meaning: "Tokens of one answer; the model's own bound when left out.",
  },
  {
    key: 'reasoning',
    kind: 'choice',
    project: 'trusted',
    choices: ['none', 'low', 'medium', 'high'],
    meaning: 'How much it reasons; its own way when left out.',
  },
];

const PERMISSIONS: readonly Setting[] = [
  {
    key: 'permissions.allow',
    kind: 'list',
    project: 'trusted',
    default: [],
    form: 'a list of {"tool": NAME} or {"tool": NAME, "path": PATH OR COMMAND}',
    meaning: 'Calls that are not asked about.',
    reason: 'Nothing runs without a permission that someone gave.',
  },
  {
    key: 'permissions.deny.tools',
    kind: 'list',
    project: 'free',
    default: [],
    form: NAMES_FORM,
    meaning: 'Tools that are denied, whatever allows them.',
  },
  {
    key: 'permissions.deny.paths',
    kind: 'list',
    project: 'free',
    default: [],
    form: PATHS_FORM,
    meaning: 'Paths that are denied, whatever allows them.',
  },
];

const below = (prefix: string, settings: readonly Setting[]): readonly Setting[] =>
  settings.map((setting) => ({ ...setting, key: `${prefix}.${setting.key}` }));

const limits = (table: Readonly<Record<string, Limit>>, project: ProjectRule): readonly Setting[] =>
  Object.entries(table).map(([name, limit]) => ({
    key: `limits.${name}`,
    kind: 'integer',
    project,
    ...limit,
  }));

/** A profile's own bounds stand where its sessions have the general ones, which are also their defaults. */
const profileLimits: readonly Setting[] = limits(SESSION_LIMITS, 'trusted').map(
  ({ default: _default, env: _env, flag: _flag, ...rest }) => rest,
);

export const SETTINGS: readonly Setting[] = [
  ...GENERAL,
  ...below('providers.NAME', PROVIDER),
  ...below('profiles.NAME', PROFILE),
  ...below('profiles.NAME', profileLimits),
  ...PERMISSIONS,
  ...limits(HOST_LIMITS, 'never'),
  ...limits(SESSION_LIMITS, 'lower'),
];
