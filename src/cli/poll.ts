// Follows a session that another process runs, or none: by asking the store, because there is nobody else to ask. The store
// shows what is durable, so text is behind by the flush of the tail and one interval.
import { sleep, systemClock, type Clock } from '../base/index.ts';
import type { DeltaFrame, ViewItem } from '../protocol/index.ts';
import type { StoreReader, TailPart } from '../store/index.ts';
import { OWNER } from './owner.ts';

/** Twice the flush of the tail: text reads as flowing, and an idle follower costs two small reads a tick. */
export const POLL_MS = 200;
const PAGE = 200;

export interface PollOptions {
  readonly session: string;
  readonly after: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Items after `after`, in order, until the signal aborts; then it ends. */
export async function* pollSession(reader: StoreReader, options: PollOptions): AsyncGenerator<ViewItem> {
  const { session, signal } = options;
  let { after } = options;
  const shown = new Map<string, number>();
  do {
    const tail = await reader.tail(OWNER, session);
    for (;;) {
      const { events } = await reader.read(OWNER, session, { after, limit: PAGE });
      for (const event of events) {
        after = event.seq;
        if (event.type === 'text.ended' || event.type === 'reasoning.ended')
          shown.set(event.data.part, Infinity);
        yield event;
      }
      if (events.length < PAGE) break;
    }
    for (const part of tail) {
      const frame = newText(part, { session, seq: after, from: shown.get(part.part) ?? 0 });
      if (frame === undefined) continue;
      shown.set(part.part, part.text.length);
      yield frame;
    }
  } while (await tick(options.clock ?? systemClock, signal));
}

/** What of an open part was not shown; nothing when its end was. */
function newText(
  part: TailPart,
  place: { session: string; seq: number; from: number },
): DeltaFrame | undefined {
  const { session, seq, from } = place;
  if (part.text.length <= from) return undefined;
  return {
    type: 'delta',
    session,
    seq,
    step: part.step,
    part: part.part,
    kind: part.kind,
    offset: from,
    text: part.text.slice(from),
  };
}

/** Resolves with the first answer that `settled` accepts, or undefined when the signal aborted before. */
export async function pollUntil<T>(
  read: () => Promise<T>,
  settled: (answer: T) => boolean,
  { signal, clock = systemClock }: { readonly signal: AbortSignal; readonly clock?: Clock },
): Promise<T | undefined> {
  do {
    const answer = await read();
    if (settled(answer)) return answer;
  } while (await tick(clock, signal));
  return undefined;
}

/** Waits one interval; false when the signal aborts. */
async function tick(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(clock, POLL_MS, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
