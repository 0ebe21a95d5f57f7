// Creating a session: everything that could be wrong is found before the first event, so that no half-made session exists.
import { newId } from '../base/index.ts';
import type { Model } from '../model/index.ts';
import {
  Budget,
  CarrelError,
  fromErrorInfo,
  joinBudgets,
  SessionName,
  type Profile,
} from '../protocol/index.ts';
import { bodyHash, generateName, windowOf, type Equipment, type Scope } from '../runtime/index.ts';
import {
  type CreateCommand,
  decide,
  type Decided,
  emptyState,
  needsPrice,
  summaryOf,
  unpriced,
} from '../session/index.ts';
import type { AppendResult, StoredCommand } from '../store/index.ts';
import { readableFolder } from './folder.ts';
import type { CreateOptions } from './port.ts';

/** Generated names that are tried before giving up; from the second on there is a number behind. */
const NAME_TRIES = 8;

export type Created =
  | { readonly kind: 'new'; readonly decided: Decided }
  /** The key was used before: this session has it. */
  | { readonly kind: 'known'; readonly session: string };

/** What to create; a key is one of `identity`. */
export interface Creation {
  readonly options: CreateOptions;
  readonly identity: string;
  readonly equipment: (folder: string) => Promise<Equipment>;
}

export async function createSession(
  scope: Scope,
  { options, identity, equipment }: Creation,
): Promise<Created> {
  const folder = await readableFolder(options.folder);
  const there = await equipment(folder);
  const profile = resolveProfile(there.profiles, options);
  await checkProfile(there, profile, scope.keyring.isKeyless(profile));
  if (options.name !== undefined) checkName(options.name);
  for (let attempt = 0; attempt < NAME_TRIES; attempt++) {
    const name = options.name ?? generateName(scope.random, attempt);
    const created = await tryCreate(scope, { options, identity, folder, name, profile });
    if (created.kind !== 'name_taken') return created;
    if (options.name !== undefined) throw taken(name, folder, created.by);
  }
  throw new CarrelError(
    'already_exists',
    `${String(NAME_TRIES)} generated names are all taken in ${folder}: give one.`,
  );
}

function taken(name: string, folder: string, by: string): CarrelError {
  const message = `The name ${name} is taken in ${folder} by session ${by}: choose another, or use that session.`;
  return new CarrelError('already_exists', message, { data: { session: by } });
}

function resolveProfile(
  profiles: ReadonlyMap<string, Profile>,
  { profile: name = 'default', change = {} }: CreateOptions,
): Profile {
  const profile = profiles.get(name);
  if (profile === undefined) {
    throw new CarrelError(
      'not_found',
      `There is no profile ${JSON.stringify(name)}. There are: ${[...profiles.keys()].join(', ')}.`,
    );
  }
  const { maxSteps, turnTimeoutMs, budget: own, ...rest } = change;
  const budget = joinBudgets(profile.budget, own);
  const limits = {
    ...profile.limits,
    ...(maxSteps === undefined ? {} : { maxSteps }),
    ...(turnTimeoutMs === undefined ? {} : { turnTimeoutMs }),
  };
  return { ...profile, ...rest, limits, ...(budget === undefined ? {} : { budget }) };
}

async function checkProfile({ models, tools }: Equipment, profile: Profile, keyless: boolean): Promise<void> {
  const missing = profile.tools.filter((name) => tools.get(name) === undefined);
  if (missing.length > 0) {
    const known = tools.list().map((tool) => tool.name);
    throw new CarrelError(
      'invalid_params',
      `The profile ${profile.name} names ${missing.join(', ')}, but there is no such tool. There are: ${known.join(', ')}.`,
    );
  }
  const model = await models.resolve(profile.model, { keyless });
  checkBudget(profile, model);
  checkWindow(profile, model);
}

function checkWindow(profile: Profile, { id, capabilities }: Model): void {
  const { window, reserve } = windowOf(capabilities, profile) ?? { window: Infinity, reserve: 0 };
  if (reserve < window) return;
  const message = `The profile ${profile.name} keeps ${String(reserve)} tokens for an answer (maxOutputTokens), and a request to ${id} has ${String(window)} in all: keep less of them.`;
  throw new CarrelError('invalid_params', message, { data: { reserve, window } });
}

function checkBudget(profile: Profile, { id, capabilities }: Model): void {
  const parsed = Budget.optional().safeParse(profile.budget);
  if (!parsed.success) {
    const why = parsed.error.issues
      .map(({ path, message }) => `budget.${path.join('.')}: ${message}`)
      .join('; ');
    throw new CarrelError('invalid_params', `The budget of profile ${profile.name} is none: ${why}.`);
  }
  if (needsPrice(profile) && capabilities.price === undefined) throw fromErrorInfo(unpriced(id));
}

/** Refuses a name that breaks the one rule, saying which part of it. */
export function checkName(name: string): void {
  const parsed = SessionName.safeParse(name);
  if (parsed.success) return;
  const why = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw new CarrelError(
    'invalid_params',
    `The name ${JSON.stringify(name)} is not allowed: 1 to 64 letters, digits, "-" and "_", not all digits (${why}).`,
  );
}

type Tried = Created | Extract<AppendResult, { kind: 'name_taken' }>;

interface Trial extends Omit<Creation, 'equipment'> {
  readonly folder: string;
  readonly name: string;
  readonly profile: Profile;
}

async function tryCreate(scope: Scope, trial: Trial): Promise<Tried> {
  const { clock, random, owner, store } = scope;
  const session = newId('ses', clock.now(), random);
  const facts = { at: clock.now(), incarnation: 1, frame: UNUSED_FRAME };
  const decided = decide(emptyState(session), createCommand(owner, trial), facts);
  if ('refusal' in decided) throw fromErrorInfo(decided.refusal);
  const command = keyCommand(trial.identity, trial.options, session);
  const [result] = await store.append([
    {
      session,
      fence: 1,
      expectedSeq: 0,
      appendId: newId('app', clock.now(), random),
      events: decided.events,
      summary: summaryOf(decided.state),
      ...(command === undefined ? {} : { command }),
    },
  ]);
  if (result?.kind === 'accepted') return { kind: 'new', decided };
  if (result?.kind === 'name_taken') return result;
  if (result?.kind === 'repeated') return known(result, trial.options);
  throw new CarrelError(
    'internal',
    `A new session was not taken by the store: ${result?.kind ?? 'no answer'}.`,
  );
}

/** A frame is for turns; creating starts none. */
const UNUSED_FRAME = { prompt: '', tools: '', model: '', date: '' };

function createCommand(owner: string, { options, folder, name, profile }: Trial): CreateCommand {
  const { tags, title } = options;
  const optional = { ...(tags === undefined ? {} : { tags }), ...(title === undefined ? {} : { title }) };
  return { type: 'session/create', owner, name, folder, profile, ...optional };
}

/** The key makes the creation a command like any other: the same key and options give the same session. */
function keyCommand(
  identity: string,
  { key, ...body }: CreateOptions,
  session: string,
): StoredCommand | undefined {
  return key === undefined
    ? undefined
    : { identity, id: `create:${key}`, bodyHash: bodyHash(body), reply: { session } };
}

function known(result: Extract<AppendResult, { kind: 'repeated' }>, { key = '' }: CreateOptions): Created {
  if (!result.same)
    throw new CarrelError(
      'conflict',
      `The key ${JSON.stringify(key)} was used before for a session with other options.`,
    );
  return { kind: 'known', session: (result.reply as { session: string }).session };
}
