// Journals of the sessions below one, for whoever shows them under the calls that spawned them.
import type { SessionEvent, SessionSummary } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { readEvents } from './journal.ts';
import { OWNER } from './owner.ts';

export interface Journal {
  readonly summary: SessionSummary;
  readonly events: readonly SessionEvent[];
}

/** Which child each call of these events spawned. */
export function spawnedBy(events: readonly SessionEvent[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap((event): [string, string][] =>
      event.type === 'child.started' ? [[event.call ?? '', event.data.child]] : [],
    ),
  );
}

/** Everything that was spawned by these events and below, by session. A child that never came to be, or was erased, is left out. */
export async function readBelow(
  reader: StoreReader,
  events: readonly SessionEvent[],
): Promise<ReadonlyMap<string, Journal>> {
  const found = new Map<string, Journal>();
  for (const child of spawnedBy(events).values()) {
    const summary = await reader.summary(OWNER, child);
    if (summary === undefined) continue;
    const own: SessionEvent[] = [];
    for await (const event of readEvents(reader, child)) own.push(event);
    found.set(child, { summary, events: own });
    for (const [id, journal] of await readBelow(reader, own)) found.set(id, journal);
  }
  return found;
}
