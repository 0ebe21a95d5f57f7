// What run, send, continue, approve and deny share: from options to a driven turn.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import type { Client, ClientSession, SendOptions } from '../client/index.ts';
import {
  CarrelError,
  codeOf,
  type CommandReply,
  type SessionEvent,
  type SessionSummary,
} from '../protocol/index.ts';
import { readLastTurn } from './approvals.ts';
import { drive } from './drive.ts';
import { EXIT, type Exit } from './exit.ts';
import type { Target } from './goal.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import type { Reach } from './reach.ts';
import { textView, type TextViewOptions } from './render/text-view.ts';
import { printValue } from './render/value.ts';
import { jsonView } from './render/view.ts';
import { openSessionReach, type SessionReach } from './session-reach.ts';

export interface Work {
  readonly client: Client;
  readonly session: ClientSession;
  readonly name: string;
  readonly after?: number;
  readonly begin: () => Promise<Target>;
  readonly view?: TextViewOptions;
}

export function driveTurn(
  invocation: Invocation,
  { client, session, name, after, begin, view }: Work,
): Promise<Exit> {
  const { terminal, json, options } = invocation;
  const interactive = terminal.interactive && !json;
  return drive({
    client,
    after,
    session,
    name,
    begin,
    terminal,
    tell: (mark, text) => note(invocation, mark, text),
    view: json ? jsonView(terminal.out) : textView(terminal, { ...view, asked: interactive }),
    interactive,
    timeoutMs: options.durationMs('timeout'),
  });
}

/** Sends an input and aims at the turn that delivers it. */
export async function sendInput(
  session: ClientSession,
  text: string,
  options: Pick<SendOptions, 'source' | 'delivery'> = {},
): Promise<Target> {
  const id = newId('cmd', systemClock.now(), systemRandom);
  await session.send(text, { ...options, id });
  return { input: id };
}

/** `--detach`, where nothing would go on: said before anything is begun. */
export function refuseDetached({ options }: Invocation, { goesOn }: Reach): void {
  if (!options.flag('detach') || goesOn) return;
  throw new CarrelError(
    'invalid_params',
    '--detach leaves the work to the daemon, and this command works without one: leave --local out, or set daemon to "start"',
  );
}

/** Begins, says where to find it, and leaves it to the daemon. */
export async function detach(invocation: Invocation, { session, name, begin }: Work): Promise<Exit> {
  await begin();
  const { terminal, json } = invocation;
  if (json) printValue(terminal.out, { session: session.id, name });
  else terminal.out.write(`${name}\n`);
  note(invocation, 'info', `it goes on in the daemon: carrel follow ${name}, carrel wait ${name}`);
  return EXIT.done;
}

/** Takes the turn of the named session on with a command about it. */
export async function takeOn(
  invocation: Invocation,
  command: (reached: SessionReach) => Promise<CommandReply | undefined>,
): Promise<Exit> {
  await using reached = await openSessionReach(invocation, { forTurn: true });
  const { client, session, row } = reached;
  const begin = async (): Promise<Target> => {
    const reply = await command(reached);
    return reply === undefined ? 'next' : { turn: reply.turn };
  };
  const before = await readLastTurn(session);
  const above = await waitingAbove(client, row);
  const exit = await driveTurn(invocation, { client, session, name: row.name, begin, view: { before } });
  return await climb(invocation, client, { below: row.session, above, exit });
}

/** Sessions above this one whose turns wait for it, from its parent to the one at the top. */
async function waitingAbove(
  client: Client,
  { parent: id }: SessionSummary,
): Promise<readonly SessionSummary[]> {
  if (id === undefined) return [];
  const row = await client
    .session(id)
    .summary()
    .catch((error: unknown) => {
      if (codeOf(error) === 'not_found') return undefined;
      throw error;
    });
  return row?.open === true ? [row, ...(await waitingAbove(client, row))] : [];
}

interface Climb {
  /** The session that has ended its turn. */
  readonly below: string;
  readonly above: readonly SessionSummary[];
  readonly exit: Exit;
}

/** The turn above a child goes on once the child's has ended, and then the one above that: they are taken to their ends too. */
async function climb(
  invocation: Invocation,
  client: Client,
  { below, above: [row, ...rest], exit }: Climb,
): Promise<Exit> {
  if (row === undefined || exit === EXIT.waiting) return exit;
  const session = client.session(row.session);
  const taken = await whenTaken(session, below, invocation.terminal.gone);
  if (taken === undefined) return EXIT.cancelled;
  note(invocation, 'info', `${row.name} goes on`);
  const above = await driveTurn(invocation, {
    client,
    session,
    name: row.name,
    begin: () => Promise.resolve({ turn: taken.turn }),
    after: taken.seq,
    view: { before: await readLastTurn(session) },
  });
  return await climb(invocation, client, { below: row.session, above: rest, exit: above });
}

/** The event with which a parent takes the end of its child. */
async function whenTaken(
  parent: ClientSession,
  child: string,
  signal: AbortSignal,
): Promise<SessionEvent | undefined> {
  for await (const item of parent.follow({ after: 0, signal }))
    if (item.type === 'child.finished' && item.data.child === child) return item;
  return undefined;
}
