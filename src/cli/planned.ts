// From a plan to a session that is ready for an input.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import type { CreateOptions, SessionHandle } from '../host/index.ts';
import { CarrelError, Mode } from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import type { Plan } from './plan.ts';
import type { Working } from './working.ts';

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

function createOptions({ options }: Invocation, { setting, folder, model, budget }: Plan): CreateOptions {
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
      ...(budget === undefined ? {} : { budget }),
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
