import type { SessionEvent } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { OWNER } from './owner.ts';

/** Events read at a time: enough to make the round trip small, little enough to hold. */
const PAGE = 500;

/** Every event after `after`, in order, up to the head. */
export async function* readEvents(
  reader: StoreReader,
  session: string,
  after = 0,
): AsyncGenerator<SessionEvent> {
  for (let seq = after; ;) {
    const { events } = await reader.read(OWNER, session, { after: seq, limit: PAGE });
    yield* events;
    seq = events.at(-1)?.seq ?? seq;
    if (events.length < PAGE) return;
  }
}
