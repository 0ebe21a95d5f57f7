// What a run is going to do, decided before anything is written: a run without a model leaves no trace.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import { checkName, type CreateOptions, type SessionHandle } from '../host/index.ts';
import { CarrelError, codeOf, Mode, type Profile, type SessionSummary } from '../protocol/index.ts';
import { folderOf } from './folder.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { offerModel } from './offer.ts';
import { listerOf, openReading } from './reading.ts';
import { loadSetting, pickModel, type PickedModel, type Setting } from './setting.ts';
import type { Working } from './working.ts';

export interface Plan {
  readonly setting: Setting;
  readonly folder: string;
  readonly model: string;
  /** The session to go on with. */
  readonly row?: SessionSummary | undefined;
}

export async function planRun(invocation: Invocation): Promise<Plan> {
  const { options } = invocation;
  const folder = folderOf(invocation);
  const flags = limitFlags(invocation);
  const setting = loadSetting(invocation, folder, flags);
  const row = await findRow(invocation, folder);
  if (row !== undefined) refuseForOld(invocation, row);
  const before = row?.model ?? profileOf(invocation, setting).model;
  const wanted = options.text('model') ?? before;
  const model = await pickOrOffer(invocation, setting, wanted);
  if (model === 'again') return planRun(invocation);
  if (model.why !== undefined) note(invocation, 'info', `model ${model.id}: ${model.why}`);
  return { setting, folder, row, model: model.id };
}

/** Without a model, a person at a terminal is offered the ways to one. */
async function pickOrOffer(
  invocation: Invocation,
  setting: Setting,
  wanted: string,
): Promise<PickedModel | 'again'> {
  try {
    return await pickModel(setting, wanted);
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

/** Creates the planned session, or takes the one that is there and configures it as the options say. */
export async function openPlanned(
  invocation: Invocation,
  plan: Plan,
  { host }: Working,
): Promise<{ session: SessionHandle; name: string }> {
  const { row, folder, model } = plan;
  if (row !== undefined) {
    const session = await host.session(row.session);
    await configure(session, invocation, plan);
    note(invocation, 'info', `session ${row.name} in ${folder}, ${model}`);
    return { session, name: row.name };
  }
  const session = await host.create(createOptions(invocation, plan));
  const { name } = await session.summary();
  note(invocation, 'info', `new session ${name} in ${folder}, ${model}`);
  return { session, name };
}

function createOptions({ options }: Invocation, { setting, folder, model }: Plan): CreateOptions {
  const mode = options.choice('mode', Mode.options);
  const maxSteps = options.text('maxSteps') === undefined ? undefined : setting.config.limits.maxSteps;
  const given = {
    profile: options.text('profile'),
    name: options.text('session'),
    title: options.text('title'),
  };
  return {
    folder,
    tags: tagsOf(options.texts('tag')),
    change: {
      model,
      ...(mode === undefined ? {} : { mode }),
      ...(maxSteps === undefined ? {} : { maxSteps }),
    },
    ...(Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<CreateOptions>),
  };
}

async function configure(
  session: SessionHandle,
  { options }: Invocation,
  { row, model }: Plan,
): Promise<void> {
  const mode = options.choice('mode', Mode.options);
  const change = {
    ...(model === row?.model ? {} : { model }),
    ...(mode === undefined || mode === row?.mode ? {} : { mode }),
  };
  if (Object.keys(change).length === 0) return;
  await session.command({
    type: 'session/configure',
    id: newId('cmd', systemClock.now(), systemRandom),
    change,
  });
}

/** Checked by the table of settings, which knows the bounds. */
function limitFlags({ options }: Invocation): Readonly<Record<string, string>> {
  const maxSteps = options.text('maxSteps');
  return maxSteps === undefined ? {} : { 'limits.maxSteps': maxSteps };
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

const FOR_NEW: Readonly<Record<string, string>> = { maxSteps: '--max-steps', title: '--title', tag: '--tag' };

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

function tagsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]{1,64})=([^]{1,1024})$/.exec(pair) ?? [];
      if (key !== undefined && value !== undefined) return [key, value] as const;
      throw new CarrelError(
        'invalid_params',
        `--tag is ${JSON.stringify(pair)}: give KEY=VALUE, at most 64 and 1024 characters`,
      );
    }),
  );
}
