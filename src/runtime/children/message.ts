// A message to another session of the same owner. Its command id comes from the call, so that saying it again delivers it once.
import { CarrelError, toErrorInfo, type Command, type SessionSummary } from '../../protocol/index.ts';
import type { MessageArgs, ToolResult } from '../../tool/index.ts';
import type { Scope } from '../scope.ts';
import type { ChildWork } from './others.ts';

/** Sessions of one name that are looked at: enough to say that there are several. */
const CANDIDATES = 8;

/** Resolves once the message is durable at its receiver; the result names the command, so that it can be withdrawn. */
export async function message(
  work: ChildWork,
  { seq }: { readonly seq: number },
  args: MessageArgs,
): Promise<ToolResult> {
  try {
    const to = await receiver(work, args.to);
    const command = commandOf(work, seq, args);
    await work.others.submit(to.session, command);
    const how = args.delivery === 'steer' ? 'before its next step' : 'when it is free';
    return {
      ok: true,
      text: `Sent to ${to.name} (${to.session}), which gets it ${how}. Until then it can be withdrawn as ${command.id}.`,
    };
  } catch (error) {
    const info = toErrorInfo(error);
    return { ok: false, text: `Not sent: ${info.message}`, error: info, retryable: false };
  }
}

function commandOf(
  { view }: ChildWork,
  seq: number,
  { text, delivery = 'queue' }: MessageArgs,
): Extract<Command, { type: 'input/send' }> {
  const { id, state } = view;
  const source = { kind: 'session', name: state.name, id } as const;
  const own = `cmd_${id.slice('ses_'.length)}-${seq.toString(36)}`;
  return { type: 'input/send', id: own, text, source, delivery };
}

async function receiver({ scope, view }: ChildWork, to: string): Promise<SessionSummary> {
  const row = (await scope.store.summary(scope.owner, to)) ?? (await named(scope, view.state.folder, to));
  if (row.session === view.id)
    throw new CarrelError('invalid_params', `${to} is this session itself: a message goes to another one.`);
  return row;
}

/** First in this folder, where a name is of one session; elsewhere only when it is of one there too. */
async function named(scope: Scope, folder: string, name: string): Promise<SessionSummary> {
  const { owner, store } = scope;
  const [here] = (await store.list({ owner, folder, name, limit: 1 })).sessions;
  if (here !== undefined) return here;
  const { sessions } = await store.list({ owner, name, limit: CANDIDATES });
  const [only, ...others] = sessions;
  if (only === undefined) throw new CarrelError('not_found', `There is no session ${JSON.stringify(name)}.`);
  if (others.length === 0) return only;
  const ids = sessions.map((row) => `${row.session} (in ${row.folder})`);
  throw new CarrelError('conflict', `Several sessions have the name ${name}, use an id: ${ids.join(', ')}.`);
}
