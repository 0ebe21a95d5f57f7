// What a run is going to do, decided before anything is written: a run without a model leaves no trace.
import { checkName } from '../host/index.ts';
import {
  CarrelError,
  codeOf,
  fromErrorInfo,
  joinBudgets,
  type Budget,
  type Profile,
  type SessionLimits,
  type SessionSummary,
} from '../protocol/index.ts';
import { needsPrice, unpriced } from '../session/index.ts';
import { folderOf } from './folder.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { offerModel } from './offer.ts';
import { openReach, type Reach } from './reach.ts';
import { listerOf, openReading } from './reading.ts';
import { loadSetting, type PickedModel, type Setting } from './setting.ts';

export interface Plan {
  /** Whoever has the plan disposes it. */
  readonly reach: Reach;
  readonly setting: Setting;
  readonly model: string;
  /** Bounds of a new session that this command line and its environment set, and no file. */
  readonly limits: Partial<Pick<SessionLimits, 'maxSteps' | 'turnTimeoutMs'>>;
  readonly budget?: Budget | undefined;
  /** The session to go on with. */
  readonly row?: SessionSummary | undefined;
}

export async function planRun(invocation: Invocation): Promise<Plan> {
  const setting = loadSetting(invocation, folderOf(invocation), limitFlags(invocation));
  const row = await findRow(invocation, setting.folder);
  if (row !== undefined) refuseForOld(invocation, row);
  const before = row?.model ?? profileOf(invocation, setting).model;
  const reach = await openReach(invocation, setting);
  try {
    const wanted = invocation.options.text('model') ?? before;
    const model = await pickOrOffer(invocation, reach, wanted);
    if (model !== 'again') return planned(invocation, { reach, setting, row }, model);
  } catch (error) {
    await reach[Symbol.asyncDispose]();
    throw error;
  }
  await reach[Symbol.asyncDispose]();
  return planRun(invocation);
}

function planned(
  invocation: Invocation,
  { row, ...found }: Pick<Plan, 'reach' | 'setting' | 'row'>,
  model: PickedModel,
): Plan {
  if (model.why !== undefined) note(invocation, 'info', `model ${model.id}: ${model.why}`);
  const budget = budgetOf(found.setting);
  if (row === undefined) refuseUnpriced(invocation, found.setting, { budget, model });
  return { ...found, row, model: model.id, limits: ownLimits(found.setting), budget };
}

/** A host knows what files say; what the environment of a command and its flags say, it is told. */
function isOwn({ config }: Setting, key: string): boolean {
  return ['environment', 'flag'].includes(config.origin(key).kind);
}

function ownLimits(setting: Setting): Plan['limits'] {
  const { maxSteps, turnTimeoutMs } = setting.config.limits;
  return {
    ...(isOwn(setting, 'limits.maxSteps') ? { maxSteps } : {}),
    ...(isOwn(setting, 'limits.turnTimeoutMs') ? { turnTimeoutMs } : {}),
  };
}

/** Checked by the table of settings, which knows the bounds. */
function budgetOf(setting: Setting): Budget | undefined {
  const usd = setting.config.budget?.subtree?.usd;
  return usd === undefined || !isOwn(setting, 'budget.subtree.usd') ? undefined : { subtree: { usd } };
}

/** The host would refuse it too, but by then there is a home. */
function refuseUnpriced(
  invocation: Invocation,
  setting: Setting,
  { budget, model }: { readonly budget: Budget | undefined; readonly model: PickedModel },
): void {
  const whole = joinBudgets(profileOf(invocation, setting).budget, budget);
  if (needsPrice({ budget: whole }) && model.price === undefined) throw fromErrorInfo(unpriced(model.id));
}

/** Without a model, a person at a terminal is offered the ways to one. */
async function pickOrOffer(
  invocation: Invocation,
  reach: Reach,
  wanted: string,
): Promise<PickedModel | 'again'> {
  try {
    return await reach.pick(wanted);
  } catch (error) {
    const offered = mayOffer(invocation, error) ? await offerModel(invocation) : undefined;
    if (offered === undefined) throw error;
    return offered;
  }
}

/** Whoever named a model wants that one; whoever cannot be asked gets the error. */
function mayOffer({ options, terminal, json }: Invocation, error: unknown): boolean {
  return (
    codeOf(error) === 'model_unavailable' &&
    terminal.interactive &&
    !json &&
    options.text('model') === undefined
  );
}

function profileOf({ options }: Invocation, { profiles }: Setting): Profile {
  const name = options.text('profile') ?? 'default';
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  const known = [...profiles.keys()].join(', ');
  throw new CarrelError('not_found', `there is no profile ${JSON.stringify(name)}; there are: ${known}`, {
    data: { profile: name },
  });
}

/** Checked by the table of settings, which knows the bounds. */
function limitFlags({ options }: Invocation): Readonly<Record<string, string>> {
  const maxSteps = options.text('maxSteps');
  const budget = options.text('budget');
  return {
    ...(maxSteps === undefined ? {} : { 'limits.maxSteps': maxSteps }),
    ...(budget === undefined ? {} : { 'budget.subtree.usd': budget }),
  };
}

/** The session that `-s` or `-c` means in this folder; undefined when one is to be made. */
async function findRow(invocation: Invocation, folder: string): Promise<SessionSummary | undefined> {
  const { options } = invocation;
  const name = options.text('session');
  if (name !== undefined && options.flag('continue')) {
    throw new CarrelError('invalid_params', '-s and -c name different sessions: give one of them');
  }
  if (name === undefined && !options.flag('continue')) return undefined;
  if (name !== undefined) checkName(name);
  await using reading = await openReading(invocation);
  const query = name === undefined ? { status: LIVING } : { name };
  const { sessions } = await listerOf(reading.reader).list({ folder, limit: 1, ...query });
  return sessions[0];
}

/** What `-c` may go on with: a session that was put away is not taken up by accident. */
const LIVING = ['idle', 'running', 'waiting', 'paused', 'failed'] as const;

const FOR_NEW: Readonly<Record<string, string>> = {
  maxSteps: '--max-steps',
  budget: '--budget',
  title: '--title',
  tag: '--tag',
};

function refuseForOld({ options }: Invocation, row: SessionSummary): void {
  const given = Object.keys(FOR_NEW).filter(
    (name) => options.text(name) !== undefined || options.texts(name).length > 0,
  );
  const profile = options.text('profile');
  const flag = profile !== undefined && profile !== row.profile ? '--profile' : FOR_NEW[given[0] ?? ''];
  if (flag === undefined) return;
  const message = `${flag} is for a new session, and ${row.name} exists: leave it out, or begin another session`;
  throw new CarrelError('conflict', message, { data: { option: flag, session: row.session } });
}
