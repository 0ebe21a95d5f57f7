// The calls of a session that wait for a human, told from its events.
import type { JsonObject } from '../base/index.ts';
import type { ClientSession } from '../client/index.ts';
import type { EventOf, SessionEvent } from '../protocol/index.ts';

export interface WaitingCall {
  readonly call: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly summary: string;
  readonly why: string;
  /** What scope `path` would allow. */
  readonly path?: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
}

/** Calls whose approval was requested and neither answered nor made pointless, oldest first. */
export function waitingCalls(events: Iterable<SessionEvent>): WaitingCall[] {
  const args = new Map<string, JsonObject>();
  const open = new Map<string, WaitingCall>();
  for (const event of events) {
    const call = event.call ?? '';
    if (event.type === 'tool.requested') args.set(call, event.data.args);
    else if (event.type === 'approval.requested') open.set(call, waitingCall(event, args.get(call) ?? {}));
    else if (ENDS.has(event.type)) open.delete(call);
  }
  return [...open.values()];
}

const ENDS: ReadonlySet<string> = new Set(['approval.resolved', 'approval.expired', 'tool.finished']);

function waitingCall({ at, call = '', data }: EventOf<'approval.requested'>, args: JsonObject): WaitingCall {
  const { path, ...rest } = data;
  return { ...rest, call, args, requestedAt: at, ...(path === undefined ? {} : { path }) };
}

/** Events of a page, read backwards. */
const PAGE = 200;

/** The events of a session's last turn, at least. */
export async function readLastTurn(
  session: Pick<ClientSession, 'summary' | 'events'>,
): Promise<readonly SessionEvent[]> {
  let events: readonly SessionEvent[] = [];
  for (let upTo = (await session.summary()).seq; upTo > 0;) {
    const after = Math.max(0, upTo - PAGE);
    const page = await session.events({ after, limit: upTo - after });
    events = [...page, ...events];
    if (page.some((event) => event.type === 'turn.started')) return events;
    upTo = after;
  }
  return events;
}
