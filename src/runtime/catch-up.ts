// What a reader has not seen yet of a session's past.
import type { DeltaFrame, ViewItem } from '../protocol/index.ts';
import type { Place } from '../session/index.ts';
import type { Scope } from './scope.ts';
import type { Supervisor } from './supervisor.ts';

/** Events read at once. */
const PAGE = 500;

/** A session of a host. */
export interface Watched {
  readonly scope: Scope;
  readonly supervisor: Supervisor;
  readonly session: string;
}

/** What was written before now, and the open parts; nothing twice of what the place has. */
export async function* catchUp(watched: Watched, place: Place): AsyncGenerator<readonly ViewItem[]> {
  const { supervisor, session } = watched;
  const actor = supervisor.peek(session);
  if (actor === undefined) {
    yield* catchUpAsleep(watched, place);
    return;
  }
  const frames = actor.frames();
  yield* history(watched, place, actor.state.seq);
  yield place.takeAll(frames.map((frame) => ({ ...frame, seq: Math.max(frame.seq, place.seq) })));
}

/**
 * The session may come to life meanwhile. A tail belongs to one place in the journal, so it is read again while that moves; it has
 * all the text that came before that place, because each append brings what is not with the store yet.
 */
async function* catchUpAsleep(watched: Watched, place: Place): AsyncGenerator<readonly ViewItem[]> {
  let seq: number;
  let frames: readonly DeltaFrame[];
  do {
    yield* history(watched, place, Infinity);
    seq = place.seq;
    frames = await storedFrames(watched, seq);
    yield* history(watched, place, Infinity);
  } while (place.seq !== seq);
  yield place.takeAll(frames);
}

async function* history(
  { scope, session }: Watched,
  place: Place,
  upTo: number,
): AsyncGenerator<readonly ViewItem[]> {
  while (place.seq < upTo) {
    const page = await scope.store.read(scope.owner, session, { after: place.seq, limit: PAGE });
    const events = page.events.filter((event) => event.seq <= upTo);
    if (events.length === 0) return;
    yield place.takeAll(events);
  }
}

/** Of a session that is asleep: text that its last host left open. */
async function storedFrames({ scope, session }: Watched, seq: number): Promise<readonly DeltaFrame[]> {
  const tail = await scope.store.tail(scope.owner, session);
  return tail.map((part) => ({ type: 'delta', session, seq, ...part, offset: 0 }));
}
