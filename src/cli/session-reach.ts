// The session that a command names, and the host that does something with it.
import type { Client, ClientSession } from '../client/index.ts';
import type { Command, CommandReply, SessionSummary } from '../protocol/index.ts';
import { findSession } from './addressing.ts';
import type { Invocation } from './invocation.ts';
import { openReach, type Reach } from './reach.ts';
import { listerOf, openReading } from './reading.ts';
import { loadSetting } from './setting.ts';

export interface SessionReach extends AsyncDisposable {
  readonly reach: Reach;
  readonly client: Client;
  readonly session: ClientSession;
  /** As it was when it was looked up. */
  readonly row: SessionSummary;
}

/**
 * The session that the first argument names, ready for commands. It is looked up, and with `forTurn` its model too, before anything
 * is opened: whoever cannot go on changes nothing.
 */
export async function openSessionReach(
  invocation: Invocation,
  { forTurn = false }: { readonly forTurn?: boolean } = {},
): Promise<SessionReach> {
  const row = await findRow(invocation);
  const reach = await openReach(invocation, loadSetting(invocation, row.folder));
  try {
    if (forTurn) await reach.pick(row.model);
    const client = await reach.client();
    const session = client.session(row.session);
    return { reach, client, session, row, [Symbol.asyncDispose]: () => reach[Symbol.asyncDispose]() };
  } catch (error) {
    await reach[Symbol.asyncDispose]();
    throw error;
  }
}

async function findRow(invocation: Invocation): Promise<SessionSummary> {
  await using reading = await openReading(invocation);
  return await findSession(listerOf(reading.reader), invocation.args[0] ?? '', invocation.folder);
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> & { readonly id?: string } : never;

/** A command as it is declared; one without an id gets its own. */
export function submit(session: ClientSession, command: WithoutId<Command>): Promise<CommandReply> {
  const { type, ...body } = command;
  return session.command(type, body);
}
