// What run, send, continue, approve and deny share: from options to a driven turn.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import type { Host, SendOptions, SessionHandle } from '../host/index.ts';
import type { CommandReply, SessionEvent, SessionSummary } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { readLastTurn } from './approvals.ts';
import { drive } from './drive.ts';
import { EXIT, type Exit } from './exit.ts';
import type { Target } from './goal.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { OWNER } from './owner.ts';
import { textView, type TextViewOptions } from './render/text-view.ts';
import { jsonView } from './render/view.ts';
import { openWorkingSession, type WorkingSession } from './working.ts';

export interface Work {
  readonly host: Pick<Host, 'session'>;
  readonly session: SessionHandle;
  readonly name: string;
  readonly store: StoreReader;
  readonly after?: number;
  readonly begin: () => Promise<Target>;
  readonly view?: TextViewOptions;
}

export function driveTurn(
  invocation: Invocation,
  { host, session, name, store, after, begin, view }: Work,
): Promise<Exit> {
  const { terminal, json, options } = invocation;
  const interactive = terminal.interactive && !json;
  return drive({
    host,
    after,
    session,
    name,
    begin,
    terminal,
    reader: store,
    tell: (mark, text) => note(invocation, mark, text),
    view: json ? jsonView(terminal.out) : textView(terminal, { ...view, asked: interactive }),
    interactive,
    timeoutMs: options.durationMs('timeout'),
  });
}

/** Sends an input and aims at the turn that delivers it. */
export async function sendInput(
  session: SessionHandle,
  text: string,
  options: Pick<SendOptions, 'source'> = {},
): Promise<Target> {
  const id = newId('cmd', systemClock.now(), systemRandom);
  await session.send(text, { ...options, id });
  return { input: id };
}

/** Takes the turn of the named session on with a command about it. */
export async function takeOn(
  invocation: Invocation,
  command: (working: WorkingSession) => Promise<CommandReply | undefined>,
): Promise<Exit> {
  await using working = await openWorkingSession(invocation, { forTurn: true });
  const { host, session, row, store } = working;
  const begin = async (): Promise<Target> => {
    const reply = await command(working);
    return reply === undefined ? 'next' : { turn: reply.turn };
  };
  const before = await readLastTurn(store, session.id);
  const exit = await driveTurn(invocation, { host, session, name: row.name, store, begin, view: { before } });
  return exit === EXIT.waiting ? exit : await climb(invocation, working, { row, exit });
}

interface Below {
  readonly row: SessionSummary;
  readonly exit: Exit;
}

/** The turn above a child goes on once the child's has ended, and then the one above that: none would without this process. */
async function climb(invocation: Invocation, working: WorkingSession, { row, exit }: Below): Promise<Exit> {
  const { host, store } = working;
  const parent = row.parent === undefined ? undefined : await store.summary(OWNER, row.parent);
  if (parent === undefined || !parent.open) return exit;
  const session = await host.session(parent.session);
  const taken = await whenTaken(session, row.session, invocation.terminal.gone);
  if (taken === undefined) return EXIT.cancelled;
  const begin = (): Promise<Target> => Promise.resolve({ turn: taken.turn });
  note(invocation, 'info', `${parent.name} goes on`);
  const above = await driveTurn(invocation, {
    host,
    session,
    name: parent.name,
    store,
    begin,
    after: taken.seq,
    view: { before: await readLastTurn(store, parent.session) },
  });
  return above === EXIT.waiting ? above : await climb(invocation, working, { row: parent, exit: above });
}

/** The event with which a parent takes the end of its child. */
async function whenTaken(
  parent: SessionHandle,
  child: string,
  signal: AbortSignal,
): Promise<SessionEvent | undefined> {
  for await (const item of parent.follow({ after: 0, signal }))
    if (item.type === 'child.finished' && item.data.child === child) return item;
  return undefined;
}
