// From the journal to a living session.
import { invariant } from '../base/index.ts';
import { CarrelError, type SessionEvent } from '../protocol/index.ts';
import {
  emptyState,
  evolve,
  STATE_VERSION,
  summaryOf,
  type Conversation,
  type EffectCommand,
  type SessionState,
} from '../session/index.ts';
import type { Claim } from '../store/index.ts';
import type { Hub } from './hub.ts';
import { mendedRow } from './rebuild.ts';
import type { Scope } from './scope.ts';

export interface Loaded {
  readonly state: SessionState;
  readonly fence: number;
  /** Of the newest snapshot; 0 without one. */
  readonly snapshotSeq: number;
}

/** Events read at once: about a megabyte. */
const PAGE = 1_000;

interface Stretch {
  readonly session: string;
  readonly after: number;
  readonly upTo: number;
}

/** The events of a stretch, in order; `store_corrupt` when one of them is missing. */
export async function* pages(
  scope: Scope,
  { session, after, upTo }: Stretch,
): AsyncGenerator<readonly SessionEvent[]> {
  let seq = after;
  while (seq < upTo) {
    const page = await scope.store.read(scope.owner, session, {
      after: seq,
      limit: Math.min(PAGE, upTo - seq),
    });
    const last = page.events.at(-1);
    if (last === undefined) {
      throw new CarrelError(
        'store_corrupt',
        `Session ${session} has ${String(upTo)} events, but none after ${String(seq)} can be read.`,
      );
    }
    yield page.events;
    seq = last.seq;
  }
}

/** Every message of the journal up to `seq`, going on from what is `known`. */
export async function readAll(
  scope: Scope,
  { session, seq }: { readonly session: string; readonly seq: number },
  known: Conversation,
): Promise<Conversation> {
  for await (const events of pages(scope, { session, after: known.seq, upTo: seq })) known.addAll(events);
  return known;
}

/** Shows those who watch what a dead actor wrote without knowing. */
export async function publishMissed(scope: Scope, hub: Hub, { session, seq }: SessionState): Promise<void> {
  // Whoever came while the session was asleep has read the journal; another host may have written since.
  if (hub.seq === 0) return hub.readAgain();
  for await (const events of pages(scope, { session, after: hub.seq, upTo: seq })) hub.publish(events);
}

/**
 * Takes the session and folds its journal. `recovery` is what must be appended before anything is started. `store_corrupt` when the
 * journal cannot be folded: of this session nothing can be believed then, and no other is touched.
 */
export async function load(
  scope: Scope,
  session: string,
): Promise<Loaded & { readonly recovery: EffectCommand | undefined }> {
  const claim = await scope.store.claim(scope.owner, session);
  const { state, snapshotSeq } = await folded(scope, session, claim);
  await mend(scope, state);
  return { state, fence: claim.fence, snapshotSeq, recovery: recoveryOf(state, claim) };
}

/** A snapshot is a shortcut: one on which nothing can be built costs the longer way, and is reported. */
async function folded(
  scope: Scope,
  session: string,
  { snapshot, seq: upTo }: Claim,
): Promise<Pick<Loaded, 'state' | 'snapshotSeq'>> {
  if (snapshot?.version === STATE_VERSION) {
    try {
      const state = await fold(scope, snapshot.state as unknown as SessionState, upTo);
      return { state, snapshotSeq: snapshot.seq };
    } catch (error) {
      scope.fault('a snapshot does not hold, and the journal is read from its start', error, session);
    }
  }
  return { state: await fold(scope, emptyState(session), upTo), snapshotSeq: 0 };
}

async function fold(scope: Scope, from: SessionState, upTo: number): Promise<SessionState> {
  const { session } = from;
  let state = from;
  for await (const events of pages(scope, { session, after: from.seq, upTo })) {
    for (const event of events) state = intact(event, () => evolve(next(state, event), event));
    const last = events.at(-1);
    // A state of which nothing can be told is damaged too.
    if (last !== undefined) intact(last, () => summaryOf(state));
  }
  return state;
}

function next(state: SessionState, { seq }: SessionEvent): SessionState {
  invariant(seq === state.seq + 1, `event ${String(state.seq + 1)} is missing`);
  return state;
}

function intact<T>({ session, seq, type }: SessionEvent, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CarrelError(
      'store_corrupt',
      `The journal of session ${session} cannot be folded at event ${String(seq)} (${type}): ${why}. Run \`carrel doctor\`.`,
      { data: { session, seq }, cause },
    );
  }
}

/** A list row that does not say what the journal says is written again, and reported, unless it is of a version that said less. */
async function mend(scope: Scope, state: SessionState): Promise<void> {
  const stored = await scope.store.summary(scope.owner, state.session);
  const row = mendedRow(stored, state);
  if (row === undefined) return;
  await scope.store.putSummary(row);
  if (stored?.spending === undefined) return;
  scope.fault('a list row was wrong, and is mended from its journal', undefined, state.session);
}

function recoveryOf(state: SessionState, { fence, tail }: Claim): EffectCommand | undefined {
  if ((state.turn ?? state.compaction) === undefined && tail.length === 0) return undefined;
  return {
    type: 'session/recover',
    incarnation: fence,
    tail: tail.map(({ step, part, kind, text }) => ({ step, part, kind, text })),
  };
}
