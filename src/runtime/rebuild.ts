// Lists are projections: each row can be made again from its journal. Nothing is lost because a row is wrong.
import { canonicalJson } from '../base/index.ts';
import type { SessionSummary } from '../protocol/index.ts';
import { emptyState, evolve, summaryOf, type SessionState } from '../session/index.ts';
import type { StoreReader } from '../store/index.ts';

const ROWS = 500;
const EVENTS = 1_000;

/** What the journal says of a session. */
async function fold(store: StoreReader, owner: string, session: string): Promise<SessionState> {
  let state = emptyState(session);
  for (;;) {
    const { events } = await store.read(owner, session, { after: state.seq, limit: EVENTS });
    if (events.length === 0) return state;
    state = events.reduce(evolve, state);
  }
}

/** The row as the journal has it, when the stored one says something else. */
export function mendedRow(
  stored: SessionSummary | undefined,
  state: SessionState,
): SessionSummary | undefined {
  const row = summaryOf(state);
  return stored !== undefined && canonicalJson(stored) === canonicalJson(row) ? undefined : row;
}

export interface ListCheck {
  readonly checked: number;
  /** Rows that did not say what their journals say, as they should be. */
  readonly wrong: readonly SessionSummary[];
}

/** Reads every journal of the owner, and writes nothing. A row that moves meanwhile is not counted as wrong. */
export async function checkList(store: StoreReader, owner: string): Promise<ListCheck> {
  const wrong: SessionSummary[] = [];
  let checked = 0;
  let after: string | undefined;
  do {
    const page = await store.list({ owner, limit: ROWS, ...(after === undefined ? {} : { after }) });
    for (const stored of page.sessions) {
      const state = await fold(store, owner, stored.session);
      const now = await store.summary(owner, stored.session);
      const row = mendedRow(now, state);
      const [head] = await store.heads(owner, [stored.session]);
      if (row !== undefined && head?.seq === state.seq) wrong.push(row);
      checked++;
    }
    after = page.next;
  } while (after !== undefined);
  return { checked, wrong };
}
