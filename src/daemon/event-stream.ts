// Whatever can be followed, as server-sent events. While its reader is slow nothing is taken, and the host then has it begin again from
// its place.
import { Flat } from '../base/index.ts';
import { CarrelError, codeOf, type FollowItem } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import { encodeItem } from './encode.ts';
import type { Begin } from './followed.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { Identity } from './identity.ts';
import type { Shared } from './shared.ts';
import { told } from './told.ts';

/** Bytes that wait for a slow reader here; what comes then is read again from the store. */
const WAITING_BYTES = 256 * 1024;

const utf8 = new TextEncoder();

export interface StreamOptions {
  readonly shared: Shared;
  readonly caller: Caller;
  readonly begin: Begin;
  /** What a reader sends back as `Last-Event-ID` to go on behind this item; undefined where it cannot. */
  readonly idOf: (item: FollowItem) => string | undefined;
}

/** `overloaded` when there are too many. Ends with its reader, or when the right to it does. */
export function eventStream({ shared, caller, begin, idOf }: StreamOptions): ReadableStream<Uint8Array> {
  return sentStream({
    shared,
    identity: caller.identity,
    open: (signal) => frames(new Flat(begin(signal)), idOf),
    ending: (error) => `event: ended\ndata: ${JSON.stringify(told(error))}\n\n`,
  });
}

async function* frames(
  items: AsyncIterable<FollowItem>,
  idOf: StreamOptions['idOf'],
): AsyncGenerator<string> {
  for await (const item of items) {
    const id = idOf(item);
    yield `${id === undefined ? '' : `id: ${id}\n`}data: ${encodeItem(item)}\n\n`;
  }
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

/** A line that says nothing, so that a reader knows of life. One that has room for it reads, or has read. */
function startBeat(
  { clock }: Shared,
  controller: ReadableStreamDefaultController<Uint8Array>,
  finish: () => void,
): Disposable {
  const heartbeat = startHeartbeat({
    clock,
    beat() {
      if ((controller.desiredSize ?? 0) <= 0) return;
      heartbeat.heard();
      controller.enqueue(utf8.encode(': beat\n\n'));
    },
    onSilent() {
      finish();
      controller.error(new CarrelError('overloaded', 'the reader of this stream does not read'));
    },
  });
  return heartbeat;
}
