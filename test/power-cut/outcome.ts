// What must hold of a home after the power was cut.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { scriptedModel } from '../../src/model/index.ts';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { ledgerTool, openTestHost, readLedger } from '../../src/testing/index.ts';
import { allEvents, violations } from '../oracle.ts';

/** One thing that was acknowledged before the cut. */
export type Said =
  | { readonly event: SessionEvent }
  | { readonly input: string; readonly session: string }
  | { readonly blob: string };

/** For a turn of one answer on a shared machine; only a turn that hangs takes it. */
const TURN_MS = 60_000;

/** Everything that is wrong in the home below `folder`; first what was lost, then what is damaged or cannot go on. */
export async function findProblems(folder: string, said: readonly Said[]): Promise<readonly string[]> {
  const home = join(folder, 'home');
  try {
    return [...(await goOn(home, said, join(folder, 'ledger'))), ...damage(join(home, 'carrel.db'))];
  } catch (error) {
    return [`it does not go on: ${String(error)}`];
  }
}

async function goOn(home: string, said: readonly Said[], ledger: string): Promise<string[]> {
  await using test = await openTestHost({
    store: await openSqliteStore({ home }),
    model: scriptedModel({ answers: () => [{ text: 'going on' }] }),
    tools: [ledgerTool(ledger)],
  });
  const problems = await lost(test.store, said);
  const { sessions } = await test.host.list({ limit: 100 });
  for (const row of sessions) {
    const session = await test.host.session(row.session);
    await session.send('go on');
    const { status } = await session.settled({ signal: AbortSignal.timeout(TURN_MS) });
    if (status !== 'idle') problems.push(`${row.name} ends ${status}`);
    const events = await allEvents(test.store, row.session);
    problems.push(
      ...violations(events, runsOf(ledger, row.session)),
      ...(await chainProblems(test.store, events)),
    );
  }
  return problems;
}

async function lost(store: Store, said: readonly Said[]): Promise<string[]> {
  const journals = new Map<string, readonly SessionEvent[]>();
  const journalOf = async (session: string): Promise<readonly SessionEvent[]> => {
    const known = journals.get(session) ?? (await allEvents(store, session).catch(() => []));
    journals.set(session, known);
    return known;
  };
  const problems: string[] = [];
  for (const item of said) {
    if ('blob' in item) {
      const bytes = await store.getBlob(item.blob).catch(() => undefined);
      if (bytes === undefined) problems.push(`lost blob ${item.blob}`);
    } else if ('event' in item) {
      const { session, seq } = item.event;
      const kept = (await journalOf(session))[seq - 1];
      if (!isDeepStrictEqual(kept, item.event)) problems.push(`lost event ${seq} of ${session}`);
    } else {
      const isKept = (await journalOf(item.session)).some(
        ({ type, data }) => type === 'input.accepted' && data.text === item.input,
      );
      if (!isKept) problems.push(`lost input ${item.input}`);
    }
  }
  return problems;
}

function runsOf(ledger: string, session: string): ReadonlyMap<string, number> {
  const runs = new Map<string, number>();
  for (const line of readLedger(ledger))
    if (line.session === session) runs.set(line.call, (runs.get(line.call) ?? 0) + 1);
  return runs;
}

async function chainProblems(store: Store, events: readonly SessionEvent[]): Promise<string[]> {
  let hash: Uint8Array = Buffer.alloc(32);
  for (const { session: _session, ...rest } of events)
    hash = createHash('sha256').update(hash).update(JSON.stringify(rest)).digest();
  const [first] = events;
  if (first === undefined) return [];
  const { head } = await store.read('local', first.session, { limit: 1 });
  const isWhole = Buffer.from(hash).toString('hex').startsWith(head.hash);
  return isWhole ? [] : [`the hash chain of ${first.session} is broken`];
}

function damage(database: string): string[] {
  using connection = new DatabaseSync(database);
  const rows = connection.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
}
