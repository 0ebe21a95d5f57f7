// From the journal to a living session.
import { CarrelError, type SessionEvent } from '../protocol/index.ts';
import {
  Conversation,
  emptyState,
  evolve,
  STATE_VERSION,
  type EffectCommand,
  type SessionState,
} from '../session/index.ts';
import type { Claim } from '../store/index.ts';
import type { Loaded } from './actor.ts';
import type { Scope } from './scope.ts';

/** Events read at once: about a megabyte. */
const PAGE = 1_000;

async function* pages(
  scope: Scope,
  session: string,
  after: number,
  upTo: number,
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
  known = new Conversation(),
): Promise<Conversation> {
  for await (const events of pages(scope, session, known.seq, seq)) known.addAll(events);
  return known;
}

/** Takes the session and folds its journal. `recovery` is what must be appended before anything is started. */
export async function load(
  scope: Scope,
  session: string,
): Promise<Loaded & { readonly recovery: EffectCommand | undefined }> {
  const claim = await scope.store.claim(scope.owner, session);
  const snapshot = claim.snapshot?.version === STATE_VERSION ? claim.snapshot : undefined;
  let state = snapshot === undefined ? emptyState(session) : (snapshot.state as unknown as SessionState);
  for await (const events of pages(scope, session, state.seq, claim.seq))
    state = events.reduce(evolve, state);
  return { state, fence: claim.fence, snapshotSeq: snapshot?.seq ?? 0, recovery: recoveryOf(state, claim) };
}

function recoveryOf(state: SessionState, { fence, tail }: Claim): EffectCommand | undefined {
  if (state.turn === undefined && tail.length === 0) return undefined;
  return {
    type: 'session/recover',
    incarnation: fence,
    tail: tail.map(({ step, part, kind, text }) => ({ step, part, kind, text })),
  };
}
