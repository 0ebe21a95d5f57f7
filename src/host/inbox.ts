// Everything that waits for a human, over all sessions: a projection, read from the rows and journals, also beside a host.
import type { EventOf, InboxItem, SessionSummary } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';

const PAGE = 200;

type Lineage = InboxItem['lineage'];
type Question = EventOf<'approval.requested'>;

/** Who stands above whom; each row is read once. */
class Ancestors {
  readonly #known = new Map<string, Promise<SessionSummary | undefined>>();
  readonly #read: (session: string) => Promise<SessionSummary | undefined>;

  constructor(store: StoreReader, owner: string) {
    this.#read = (session) => store.summary(owner, session);
  }

  async of({ parent }: SessionSummary): Promise<Lineage> {
    if (parent === undefined) return [];
    const reading = this.#known.get(parent) ?? this.#read(parent);
    this.#known.set(parent, reading);
    const row = await reading;
    return row === undefined ? [] : [...(await this.of(row)), { session: row.session, name: row.name }];
  }
}

/** Oldest first. */
export async function readInbox(store: StoreReader, owner: string): Promise<readonly InboxItem[]> {
  const items: InboxItem[] = [];
  const above = new Ancestors(store, owner);
  let after: string | undefined;
  do {
    const page = await store.list({
      owner,
      status: ['running', 'waiting'],
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const row of page.sessions) {
      if (row.waiting === 0) continue;
      const lineage = await above.of(row);
      items.push(...(await waitingCalls(store, row)).map((event) => itemOf(row, lineage, event)));
    }
    after = page.next;
  } while (after !== undefined);
  return items.toSorted((a, b) => a.requestedAt - b.requestedAt);
}

/** Reads backwards until every waiting call of the row is found. */
async function waitingCalls(store: StoreReader, row: SessionSummary): Promise<Question[]> {
  const answered = new Set<string>();
  const found: Question[] = [];
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
      if (event.type === 'approval.requested' && !answered.has(event.call ?? '')) found.push(event);
    }
    before = events[0]?.seq ?? 0;
  }
  return found;
}

function itemOf(row: SessionSummary, lineage: Lineage, event: Question): InboxItem {
  const { tool, summary, why, expiresAt } = event.data;
  const { session, name, folder } = row;
  return {
    session,
    name,
    folder,
    lineage,
    call: event.call ?? '',
    tool,
    summary,
    why,
    requestedAt: event.at,
    expiresAt,
  };
}
