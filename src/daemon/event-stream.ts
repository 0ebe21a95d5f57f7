// One session as server-sent events: `id` is the place behind an event, so that a reader that comes back with `Last-Event-ID` goes
// on from there. Frames of streaming text have no id: they are told again, and say by their offset what is known.
import { CarrelError, codeOf, type FollowFrom, type ViewItem } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import { encodeItem } from './encode.ts';
import type { Identity } from './identity.ts';
import type { Shared } from './shared.ts';
import { told } from './told.ts';

/** A line that says nothing, so that a reader knows of life and a dead one is found. */
const BEAT_MS = 15_000;
const MAX_MISSED_BEATS = 3;
/** Bytes that wait for a slow reader here; what comes then is read again from the store. */
const WAITING_BYTES = 256 * 1024;

const utf8 = new TextEncoder();

/**
 * Where to begin, from a header or a query. `invalid_params` for what is no place, `cursor_invalid` for one of another journal; what
 * `session/get` refuses.
 */
export async function placeFrom(
  caller: Caller,
  session: string,
  text: string | undefined,
): Promise<FollowFrom> {
  await caller.call('session/get', { session });
  if (text === undefined) return {};
  const [, digits, hash] = /^(\d{1,15})(?:-([0-9a-f]{16}))?$/.exec(text) ?? [];
  if (digits === undefined)
    throw new CarrelError('invalid_params', `${JSON.stringify(text)} is no place: a number, or number-hash`);
  const after = Number(digits);
  const head = await caller.link.call('session/cursor', { session });
  const kept = after >= head.seq ? head : await caller.link.call('session/cursor', { session, seq: after });
  if (kept.seq === after && (hash ?? kept.hash) === kept.hash) return { after };
  throw new CarrelError(
    'cursor_invalid',
    `the place ${text} is not of this journal: read again from the start`,
    {
      data: { session, common: 0 },
    },
  );
}

export interface StreamOptions {
  readonly shared: Shared;
  readonly caller: Caller;
  readonly session: string;
  readonly from: FollowFrom;
}

/** `overloaded` when there are too many. Ends with its reader, or when the right to it does. */
export function eventStream({ shared, caller, session, from }: StreamOptions): ReadableStream<Uint8Array> {
  return sentStream({
    shared,
    identity: caller.identity,
    open: (signal) => frames(caller.link.follow(session, from, { signal })),
    ending: (error) => `event: ended\ndata: ${JSON.stringify(told(error))}\n\n`,
  });
}

async function* frames(items: AsyncIterable<ViewItem>): AsyncGenerator<string> {
  for await (const item of items) yield frame(item);
}

export interface SentStream {
  readonly shared: Shared;
  readonly identity: Identity;
  /** Whole messages of the stream; ends when the signal aborts. */
  readonly open: (signal: AbortSignal) => AsyncIterator<string>;
  /** The last one, when it ends with an error. */
  readonly ending: (error: unknown) => string;
}

/** Server-sent events, as bytes: `overloaded` when there are too many, and for a reader that does not read. */
export function sentStream({ shared, identity, open, ending }: SentStream): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  let reason: CarrelError | undefined;
  const close = (error: CarrelError): void => {
    reason = error;
    stop.abort(error);
  };
  const listed = shared.live.add({ identity, close });
  const place = placeOf(shared, identity, listed);
  const messages = open(stop.signal);
  let beat: Disposable | undefined;
  const finish = (): void => {
    stop.abort();
    listed[Symbol.dispose]();
    place[Symbol.dispose]();
    beat?.[Symbol.dispose]();
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (beat = startBeat(shared, controller, finish)),
      async pull(controller) {
        const next = await take(messages);
        if ('text' in next) return controller.enqueue(utf8.encode(next.text));
        const error = next.error ?? reason;
        if (error !== undefined && codeOf(error) === 'internal') shared.onFault('a stream of events', error);
        if (error !== undefined) controller.enqueue(utf8.encode(ending(error)));
        finish();
        controller.close();
      },
      cancel: finish,
    },
    { highWaterMark: WAITING_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}

function placeOf({ allowances }: Shared, identity: Identity, listed: Disposable): Disposable {
  try {
    return allowances.of(identity).connect();
  } catch (error) {
    listed[Symbol.dispose]();
    throw error;
  }
}

type Taken = { readonly text: string } | { readonly error?: unknown };

async function take(messages: AsyncIterator<string>): Promise<Taken> {
  try {
    const next = await messages.next();
    return next.done === true ? {} : { text: next.value };
  } catch (error) {
    return { error };
  }
}

function frame(item: ViewItem): string {
  const id = item.type === 'delta' ? '' : `id: ${String(item.seq)}\n`;
  return `${id}data: ${encodeItem(item)}\n\n`;
}

function startBeat(
  { clock }: Shared,
  controller: ReadableStreamDefaultController<Uint8Array>,
  finish: () => void,
): Disposable {
  let missed = 0;
  const beat = (): void => {
    missed = (controller.desiredSize ?? 0) > 0 ? 0 : missed + 1;
    if (missed >= MAX_MISSED_BEATS) {
      finish();
      return controller.error(new CarrelError('overloaded', 'the reader of this stream does not read'));
    }
    if (missed === 0) controller.enqueue(utf8.encode(': beat\n\n'));
    timer = clock.after(BEAT_MS, beat);
  };
  let timer = clock.after(BEAT_MS, beat);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
