// What run, send, continue, approve and deny share: from options to a driven turn.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import type { SessionHandle } from '../host/index.ts';
import type { CommandReply } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { readLastTurn } from './approvals.ts';
import { drive } from './drive.ts';
import type { Exit } from './exit.ts';
import type { Target } from './goal.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { textView, type TextViewOptions } from './render/text-view.ts';
import { jsonView } from './render/view.ts';
import { openWorkingSession, type WorkingSession } from './working.ts';

export interface Work {
  readonly session: SessionHandle;
  readonly name: string;
  readonly store: StoreReader;
  readonly begin: () => Promise<Target>;
  readonly view?: TextViewOptions;
}

export function driveTurn(
  invocation: Invocation,
  { session, name, store, begin, view }: Work,
): Promise<Exit> {
  const { terminal, json, options } = invocation;
  const interactive = terminal.interactive && !json;
  return drive({
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
export async function sendInput(session: SessionHandle, text: string): Promise<Target> {
  const id = newId('cmd', systemClock.now(), systemRandom);
  await session.send(text, { id });
  return { input: id };
}

/** Takes the turn of the named session on with a command about it. */
export async function takeOn(
  invocation: Invocation,
  command: (working: WorkingSession) => Promise<CommandReply | undefined>,
): Promise<Exit> {
  await using working = await openWorkingSession(invocation, { forTurn: true });
  const { session, row, store } = working;
  const begin = async (): Promise<Target> => {
    const reply = await command(working);
    return reply === undefined ? 'next' : { turn: reply.turn };
  };
  const before = await readLastTurn(store, session.id);
  return await driveTurn(invocation, { session, name: row.name, store, begin, view: { before } });
}
