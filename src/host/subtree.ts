// A session and all that was spawned below it are kept, put away and erased together: what is below is part of its work.
import { CarrelError, type CommandOf, type CommandReply, type SessionSummary } from '../protocol/index.ts';
import { bodyHash, type Scope, type Supervisor } from '../runtime/index.ts';
import type { StoreReader } from '../store/index.ts';

const PAGE = 200;

/** The sessions that it spawned, oldest first. */
export async function childrenOf(
  store: StoreReader,
  owner: string,
  parent: string,
): Promise<readonly SessionSummary[]> {
  const rows: SessionSummary[] = [];
  let after: string | undefined;
  do {
    const page = await store.list({ owner, parent, limit: PAGE, ...(after === undefined ? {} : { after }) });
    rows.push(...page.sessions);
    after = page.next;
  } while (after !== undefined);
  return rows.toSorted((a, b) => a.createdAt - b.createdAt);
}

/** All sessions below it, each before those that spawned it. */
export async function subtreeOf(
  store: StoreReader,
  owner: string,
  session: string,
): Promise<readonly SessionSummary[]> {
  const below: SessionSummary[] = [];
  for (const child of await childrenOf(store, owner, session))
    below.push(...(await subtreeOf(store, owner, child.session)), child);
  return below;
}

/** `conflict` when one of them has a turn open. */
export function refuseAtWork(rows: readonly SessionSummary[], what: string): void {
  const busy = rows.find(({ status }) => status === 'running' || status === 'waiting');
  if (busy === undefined) return;
  const { name, session, status } = busy;
  const which = `Session ${name} (${session}) is ${status}`;
  throw new CarrelError('conflict', `${which}: cancel its turn first, then ${what}.`, { data: { session } });
}

interface Archiving {
  readonly session: string;
  readonly command: CommandOf<'session/archive'>;
  readonly identity: string | undefined;
}

/**
 * Archives a session and then what is below it, by commands whose ids come from this one's: a repeat changes nothing that the first
 * one reached. When the host ends in between, the session is archived and some below it are not: a repeat does the rest, as long
 * as the session is still archived, and leaves alone whoever has been used since. Refuses before anything has changed.
 */
export async function archiveTree(
  scope: Scope,
  supervisor: Supervisor,
  { session, command, identity }: Archiving,
): Promise<CommandReply> {
  const { owner, store } = scope;
  const hash = bodyHash(command, session);
  const isRepeat = (await store.command(identity ?? owner, command.id, hash)) !== undefined;
  if (!isRepeat) await refuseBusyBelow(store, owner, session);
  const reply = await supervisor.submit(session, command, identity);
  const before = isRepeat ? await archivedAt(store, owner, reply) : Infinity;
  for (const child of await subtreeOf(store, owner, session)) {
    if (child.status === 'archived' || child.updatedAt >= before) continue;
    const id = `cmd_${bodyHash({ archive: command.id }, child.session)}`;
    await supervisor.submit(child.session, { ...command, id }, identity).catch(async (error: unknown) => {
      const now = await store.summary(owner, child.session);
      // Somebody else has archived, used or erased it meanwhile.
      if (now !== undefined && !['archived', 'running', 'waiting'].includes(now.status)) throw error;
    });
  }
  return reply;
}

/** The session's own refusal is its own to say. */
async function refuseBusyBelow(store: StoreReader, owner: string, session: string): Promise<void> {
  const row = await store.summary(owner, session);
  if (row === undefined || !['idle', 'paused', 'failed'].includes(row.status)) return;
  refuseAtWork(await subtreeOf(store, owner, session), 'archive');
}

/** When the command of this reply archived the session; -Infinity when that is undone. */
async function archivedAt(
  store: StoreReader,
  owner: string,
  { session, seq }: CommandReply,
): Promise<number> {
  if ((await store.summary(owner, session))?.status !== 'archived') return -Infinity;
  const { events } = await store.read(owner, session, { before: seq + 1, limit: 1 });
  return events[0]?.at ?? -Infinity;
}
