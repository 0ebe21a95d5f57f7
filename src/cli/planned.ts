// From a plan to a session that is ready for an input.
import type { Client, ClientSession } from '../client/index.ts';
import { CarrelError, Mode, type ParamsOf } from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { planRun, type Plan } from './plan.ts';
import { refuseDetached } from './work.ts';

type CreateOptions = ParamsOf<'session/create'>;

export interface Planned extends AsyncDisposable {
  readonly client: Client;
  readonly session: ClientSession;
  readonly name: string;
}

/** Creates the session that the command line asks for, or takes the one that is there and configures it as the options say. */
export async function openPlanned(invocation: Invocation): Promise<Planned> {
  const plan = await planRun(invocation);
  const { reach } = plan;
  try {
    refuseDetached(invocation, reach);
    const client = await reach.client();
    const made = await takeOrCreate(invocation, plan, client);
    return { client, ...made, [Symbol.asyncDispose]: () => reach[Symbol.asyncDispose]() };
  } catch (error) {
    await reach[Symbol.asyncDispose]();
    throw error;
  }
}

async function takeOrCreate(
  invocation: Invocation,
  plan: Plan,
  client: Client,
): Promise<Pick<Planned, 'session' | 'name'>> {
  const { row, model, setting } = plan;
  if (row !== undefined) {
    const session = client.session(row.session);
    await configure(session, invocation, plan);
    note(invocation, 'info', `session ${row.name} in ${setting.folder}, ${model}`);
    return { session, name: row.name };
  }
  const session = await client.create(createOptions(invocation, plan));
  const { name } = await session.summary();
  note(invocation, 'info', `new session ${name} in ${setting.folder}, ${model}`);
  return { session, name };
}

function createOptions({ options }: Invocation, { setting, model, limits, budget }: Plan): CreateOptions {
  const mode = options.choice('mode', Mode.options);
  const given = {
    profile: options.text('profile'),
    name: options.text('session'),
    title: options.text('title'),
  };
  return {
    folder: setting.folder,
    tags: tagsOf(options.texts('tag')),
    change: {
      model,
      ...(mode === undefined ? {} : { mode }),
      ...limits,
      ...(budget === undefined ? {} : { budget }),
    },
    ...(Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<CreateOptions>),
  };
}

async function configure(
  session: ClientSession,
  { options }: Invocation,
  { row, model }: Plan,
): Promise<void> {
  const mode = options.choice('mode', Mode.options);
  const change = {
    ...(model === row?.model ? {} : { model }),
    ...(mode === undefined || mode === row?.mode ? {} : { mode }),
  };
  if (Object.keys(change).length === 0) return;
  await session.command('session/configure', { change });
}

export function tagsOf(pairs: readonly string[]): Record<string, string> {
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
