// The one table of settings. Checks, messages, hints, the JSON Schema and the reference all come from it.
import { DaemonUse, Mode } from '../protocol/index.ts';
import { BUDGET } from './budget-settings.ts';
import { DEFAULT_PROFILE } from './builtin.ts';
import { DAEMON_LIMITS } from './daemon-limits.ts';
import { HOST_LIMITS, SESSION_LIMITS, type Limit } from './limits.ts';
import { NOTIFY } from './notify-settings.ts';
import { PROVIDER } from './provider-settings.ts';
import type { ProjectRule, Setting } from './setting.ts';
import { TELEMETRY } from './telemetry-settings.ts';

export type { Setting } from './setting.ts';

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
  {
    key: 'daemon',
    kind: 'choice',
    project: 'never',
    default: 'start',
    choices: DaemonUse.options,
    env: 'CARREL_DAEMON',
    meaning:
      'How commands work: through the daemon, started when none runs (`start`); through it only if it runs (`use`); or each in its own process (`off`).',
    reason: 'What was begun goes on when its terminal is closed, and several terminals work in one home.',
  },
];

const TOOL_MODULES: Setting = {
  key: 'toolModules',
  kind: 'list',
  project: 'trusted',
  default: [],
  form: 'a list of paths of modules, absolute or from the folder of this file',
  meaning:
    'JavaScript modules whose exports are tools; a profile names those that it offers. The layers add up.',
  reason: 'It is code that runs as you.',
};

const TOOL: Setting = {
  key: 'tools.NAME.atOnce',
  kind: 'integer',
  project: 'never',
  unit: 'calls',
  minimum: 1,
  maximum: 4096,
  meaning: 'Calls of this tool at work at once in one host, within `limits.toolsAtOnce`.',
};

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
    key: 'instructions',
    kind: 'boolean',
    project: 'trusted',
    default: true,
    meaning: "Send the user's `AGENTS.md`, and those of a trusted project, with every request.",
    reason: 'Whoever wrote them wants every agent to know them.',
  },
  {
    key: 'compaction',
    kind: 'boolean',
    project: 'trusted',
    default: true,
    meaning: 'Sum up the older part of a conversation when it is nearly full; else it is left out.',
    reason: 'An agent that knows what it did does not do it again; it costs one request each time.',
  },
  {
    key: 'summaryModel',
    kind: 'text',
    project: 'trusted',
    form: '"PROVIDER/MODEL"',
    meaning: 'The model of the summaries; its own when left out.',
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

/** Over the general one, limit by limit. */
const profileBudget: readonly Setting[] = BUDGET.map(({ env: _env, flag: _flag, ...rest }) => rest);

export const SETTINGS: readonly Setting[] = [
  ...GENERAL,
  TOOL_MODULES,
  TOOL,
  ...below('notify.NAME', NOTIFY),
  ...below('providers.NAME', PROVIDER),
  ...below('profiles.NAME', PROFILE),
  ...below('profiles.NAME', profileLimits),
  ...below('profiles.NAME', profileBudget),
  ...PERMISSIONS,
  ...limits(HOST_LIMITS, 'never'),
  ...limits(DAEMON_LIMITS, 'never'),
  ...limits(SESSION_LIMITS, 'lower'),
  ...BUDGET,
  ...TELEMETRY,
];
