// A session and all that was spawned below it are kept, put away and erased together: what is below is part of its work.
import { newId } from '../base/index.ts';
import { CarrelError, type CommandOf, type SessionSummary } from '../protocol/index.ts';
import type { Scope, Supervisor } from '../runtime/index.ts';
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

/**
 * Archives what is below a session that is about to be archived. When the host ends in between, some are archived and the session
 * itself is not: archiving it again does the rest.
 */
export async function archiveBelow(
  scope: Scope,
  supervisor: Supervisor,
  { session, by }: { readonly session: string; readonly by: CommandOf<'session/archive'>['by'] },
): Promise<void> {
  const { clock, owner, random, store } = scope;
  const row = await store.summary(owner, session);
  // Its own refusal comes first, before anything below it has changed.
  if (row === undefined || !['idle', 'paused', 'failed'].includes(row.status)) return;
  const below = await subtreeOf(store, owner, session);
  refuseAtWork(below, 'archive');
  for (const child of below) {
    if (child.status === 'archived') continue;
    const id = newId('cmd', clock.now(), random);
    const command = { type: 'session/archive', id, ...(by === undefined ? {} : { by }) } as const;
    await supervisor.submit(child.session, command).catch(async (error: unknown) => {
      // Somebody else may have archived it meanwhile.
      if ((await store.summary(owner, child.session))?.status !== 'archived') throw error;
    });
  }
}
