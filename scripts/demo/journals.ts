// Every journal of a home, for whoever checks what happened.
import { openSqliteReader, type SessionEvent, type StoreReader } from '../../src/host/index.ts';

/** Whose sessions they are, on one's own machine. */
const OWNER = 'local';
/** More than the demo has of either. */
const [SESSIONS, PAGE] = [100, 500];

/** By name. Events are read to the end of each journal. */
export async function readJournals(home: string): Promise<ReadonlyMap<string, readonly SessionEvent[]>> {
  await using reader = await openSqliteReader({ home });
  const { sessions } = await reader.list({ owner: OWNER, limit: SESSIONS });
  const journals = new Map<string, readonly SessionEvent[]>();
  for (const { session, name } of sessions) journals.set(name, await readAll(reader, session));
  return journals;
}

async function readAll(reader: StoreReader, session: string): Promise<readonly SessionEvent[]> {
  const found: SessionEvent[] = [];
  for (;;) {
    const { events } = await reader.read(OWNER, session, { after: found.at(-1)?.seq ?? 0, limit: PAGE });
    found.push(...events);
    if (events.length < PAGE) return found;
  }
}
