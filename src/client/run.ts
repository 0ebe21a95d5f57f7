// One input and what comes of it. The follower is there before the input is sent, so that text is seen as it streams.
import type { CommandReply, FollowFrom, SessionEvent, SessionSummary, ViewItem } from '../protocol/index.ts';
import { endOfInput, MAY_REST } from '../session/index.ts';

/** Events that one input can lead to at once: every queued one delivered, and a turn begun. */
const LONGEST_APPEND = 1_000;

/** What is asked of a session while its input is at work. */
export interface Followed {
  summary(): Promise<SessionSummary>;
  events(range: { readonly after: number; readonly limit: number }): Promise<readonly SessionEvent[]>;
  follow(options: FollowFrom & { readonly signal: AbortSignal }): AsyncIterableIterator<ViewItem>;
}

export interface Input {
  readonly session: Followed;
  /** The id that it is sent under. */
  readonly command: string;
  readonly send: () => Promise<CommandReply>;
}

export async function* run(input: Input, signal?: AbortSignal): AsyncGenerator<ViewItem> {
  const left = new AbortController();
  const either = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  try {
    yield* untilOver(input, await begin(input, either));
  } finally {
    left.abort();
  }
}

async function begin(
  { session, command, send }: Input,
  signal: AbortSignal,
): Promise<AsyncIterable<ViewItem>> {
  const { seq: after } = await session.summary();
  const items = session.follow({ after, signal });
  const first = items.next();
  // When the input is refused, that is what the reader hears.
  first.catch(() => undefined);
  const { seq } = await send();
  if (seq > after) return withFirst(first, items);
  return session.follow({ after: await beforeInput(session, command, seq), signal });
}

async function* withFirst(
  first: Promise<IteratorResult<ViewItem>>,
  rest: AsyncIterable<ViewItem>,
): AsyncGenerator<ViewItem> {
  const result = await first;
  if (result.done === true) return;
  yield result.value;
  yield* rest;
}

/** A repeat is followed from where its input was accepted: in the append that ended at `seq`. */
async function beforeInput(session: Followed, command: string, seq: number): Promise<number> {
  const events = await session.events({ after: Math.max(0, seq - LONGEST_APPEND), limit: LONGEST_APPEND });
  const input = events.find((event) => event.type === 'input.accepted' && event.data.command === command);
  return input === undefined ? seq : input.seq - 1;
}

/** That a human is waited for is in the state: it is asked for where it may have come about, and what led to it is shown. */
async function* untilOver(
  { session, command }: Input,
  items: AsyncIterable<ViewItem>,
): AsyncGenerator<ViewItem> {
  const isEnd = endOfInput(command);
  let waitsAt = Infinity;
  for await (const item of items) {
    yield item;
    if (item.type === 'delta') continue;
    if (isEnd(item)) return;
    if (waitsAt === Infinity && mayWait(item, command)) waitsAt = await waitingSeq(session);
    if (item.seq >= waitsAt) return;
  }
}

function mayWait(event: SessionEvent, command: string): boolean {
  return MAY_REST.has(event.type) || (event.type === 'input.accepted' && event.data.command === command);
}

async function waitingSeq(session: Followed): Promise<number> {
  const { status, seq } = await session.summary();
  return status === 'waiting' ? seq : Infinity;
}
