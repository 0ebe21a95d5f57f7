// Which events are worth a notification, and what it says.
import type { Notification, SessionEvent, SessionSummary } from '../../protocol/index.ts';

type Said = Pick<Notification, 'kind' | 'why'> & Partial<Pick<Notification, 'call' | 'tool' | 'outcome'>>;

/** The types that `notificationOf` looks at. */
export const NOTIFIED = ['approval.requested', 'turn.finished', 'session.failed', 'budget.reached'];

/** Undefined for what is no news: a child's end is its parent's affair. `place` is where the event is in the feed. */
export function notificationOf(
  event: SessionEvent,
  row: Pick<SessionSummary, 'name' | 'title' | 'folder' | 'parent'>,
  place: number,
): Notification | undefined {
  const said = whatOf(event);
  if (said === undefined || (row.parent !== undefined && isEnd(said))) return undefined;
  const { session, seq, at } = event;
  const { name, title, folder } = row;
  const named = title === undefined ? { name } : { name, title };
  return { id: `ntf_${String(place)}`, at, session, seq, ...named, folder, ...said };
}

function isEnd({ kind }: Said): boolean {
  return kind === 'finished' || kind === 'failed';
}

function whatOf(event: SessionEvent): Said | undefined {
  switch (event.type) {
    case 'approval.requested': {
      const { tool } = event.data;
      const call = event.call === undefined ? {} : { call: event.call };
      return { kind: 'waiting', why: `waits for an approval of ${tool}`, tool, ...call };
    }
    case 'turn.finished': {
      const { outcome, why } = event.data;
      return { kind: outcome === 'failed' ? 'failed' : 'finished', why, outcome };
    }
    case 'session.failed':
      return { kind: 'failed', why: event.data.error.message };
    case 'budget.reached':
      return { kind: 'budget', why: `reached its limit of ${event.data.measure}` };
    default:
      return undefined;
  }
}
