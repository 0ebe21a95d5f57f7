// Everything that waits for a human, over all sessions: a projection, read from the rows and journals, also beside a host.
import type { EventOf, SessionSummary } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import type { InboxItem } from './port.ts';

const PAGE = 200;

/** Oldest first. */
export async function readInbox(store: StoreReader, owner: string): Promise<readonly InboxItem[]> {
  const items: InboxItem[] = [];
  let after: string | undefined;
  do {
    const page = await store.list({
      owner,
      status: ['running', 'waiting'],
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const row of page.sessions) if (row.waiting > 0) items.push(...(await waitingCalls(store, row)));
    after = page.next;
  } while (after !== undefined);
  return items.toSorted((a, b) => a.requestedAt - b.requestedAt);
}

/** Reads backwards until every waiting call of the row is found. */
async function waitingCalls(store: StoreReader, row: SessionSummary): Promise<InboxItem[]> {
  const answered = new Set<string>();
  const found: InboxItem[] = [];
  let before = row.seq + 1;
  while (before > 1 && found.length < row.waiting) {
    const { events } = await store.read(row.owner, row.session, { before, limit: PAGE });
    for (const event of events.toReversed()) {
      if (
        event.type === 'approval.resolved' ||
        event.type === 'approval.expired' ||
        event.type === 'tool.finished'
      )
        answered.add(event.call ?? '');
      if (event.type === 'approval.requested' && !answered.has(event.call ?? ''))
        found.push(itemOf(row, event));
    }
    before = events[0]?.seq ?? 0;
  }
  return found;
}

function itemOf(row: SessionSummary, event: EventOf<'approval.requested'>): InboxItem {
  const { tool, summary, why, expiresAt } = event.data;
  const { session, name, folder } = row;
  return {
    session,
    name,
    folder,
    call: event.call ?? '',
    tool,
    summary,
    why,
    requestedAt: event.at,
    expiresAt,
  };
}
