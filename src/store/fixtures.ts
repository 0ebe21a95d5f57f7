// Journals for the contract suite and for the tests of stores. A store does not know what events mean: notes will do.
import {
  codeOf,
  EVENT_VERSION,
  NO_USAGE,
  type SessionEvent,
  type SessionSummary,
} from '../protocol/index.ts';
import type { AppendGroup, ListQuery, StoreReader, TailChunk } from './port.ts';

export const OWNER = 'local';
const AT = 1_700_000_000_000;

export function note(session: string, seq: number, text = `note ${seq}`): SessionEvent {
  return {
    session,
    seq,
    at: AT + seq,
    v: EVENT_VERSION,
    type: 'context.added',
    data: { text, role: 'note' },
  };
}

export function textEnded(session: string, seq: number, ended: { part: string; text: string }): SessionEvent {
  return { session, seq, at: AT + seq, v: EVENT_VERSION, type: 'text.ended', data: ended };
}

export function summary(session: string, change: Partial<SessionSummary> = {}): SessionSummary {
  return {
    session,
    owner: OWNER,
    name: session.replaceAll(/[^A-Za-z0-9]/g, '-'),
    folder: '/work',
    status: 'idle',
    profile: 'default',
    model: 'scripted/one',
    mode: 'ask',
    tags: {},
    createdAt: AT,
    updatedAt: AT,
    seq: 1,
    turns: 0,
    messages: 0,
    queued: 0,
    held: 0,
    waiting: 0,
    usage: NO_USAGE,
    open: false,
    ...change,
  };
}

let appends = 0;

/** A group of `count` notes (or of `events`) behind `expectedSeq`. */
export function group(
  session: string,
  expectedSeq: number,
  change: Partial<AppendGroup> & { count?: number; row?: Partial<SessionSummary> } = {},
): AppendGroup {
  const { count = 1, row = {}, ...rest } = change;
  const events =
    rest.events ?? Array.from({ length: count }, (_, index) => note(session, expectedSeq + 1 + index));
  const seq = expectedSeq + events.length;
  return {
    session,
    fence: 1,
    expectedSeq,
    appendId: `app_${++appends}`,
    events,
    ...(events.length === 0 ? {} : { summary: summary(session, { seq, updatedAt: AT + seq, ...row }) }),
    ...rest,
  };
}

export function chunk(part: string, offset: number, text: string): TailChunk {
  return { step: 'stp_1', part, kind: 'text', offset, text };
}

/** A group that only adds to tails. */
export function tailGroup(session: string, expectedSeq: number, tail: readonly TailChunk[]): AppendGroup {
  return group(session, expectedSeq, { events: [], tail });
}

/** How a call was refused. */
export function codeFrom(call: Promise<unknown>): Promise<string> {
  return call.then(() => 'none', codeOf);
}

/** Pages of a journal of nine events. */
export const PAGES_OF_NINE: readonly [range: Parameters<StoreReader['read']>[2], seqs: readonly number[]][] =
  [
    [{ limit: 3 }, [1, 2, 3]],
    [{ after: 0, limit: 2 }, [1, 2]],
    [{ after: 7, limit: 9 }, [8, 9]],
    [{ after: 9, limit: 9 }, []],
    [{ after: 99, limit: 9 }, []],
    [{ before: 5, limit: 2 }, [3, 4]],
    [{ before: 3, limit: 9 }, [1, 2]],
    [{ before: 1, limit: 9 }, []],
    [{ before: 99, limit: 2 }, [8, 9]],
    [{ limit: 0 }, []],
  ];

/** List rows, each of its own session. */
export const ROWS: readonly Partial<SessionSummary>[] = [
  { name: 'alpha', updatedAt: 10, status: 'running', title: 'Fix the ÄPFEL', tags: { team: 'a', no: '1' } },
  { name: 'beta', tags: { team: 'a', 'x=y': '' }, updatedAt: 30, status: 'waiting', open: true, wakeAt: 500 },
  { name: 'gamma', tags: { team: 'b' }, updatedAt: 20, folder: '/other', parent: 'ses_0', open: true },
  { name: 'delta', updatedAt: 20, wakeAt: 100 },
  { name: 'hers', tags: { team: 'a' }, updatedAt: 99, owner: 'other', wakeAt: 50 },
];

/** Which of these rows a condition leaves, newest first. */
export const NARROWED: readonly [narrow: Partial<ListQuery>, names: readonly string[]][] = [
  [{ folder: '/work' }, ['beta', 'delta', 'alpha']],
  [{ folder: '/work', name: 'delta' }, ['delta']],
  [{ status: ['running', 'waiting'] }, ['beta', 'alpha']],
  [{ status: [] }, []],
  [{ parent: 'ses_0' }, ['gamma']],
  [{ text: 'äpfel' }, ['alpha']],
  [{ text: 'ET' }, ['beta']],
  [{ text: '%' }, []],
  [{ tags: {} }, ['beta', 'gamma', 'delta', 'alpha']],
  [{ tags: { team: 'a' } }, ['beta', 'alpha']],
  [{ tags: { team: 'a', no: '1' } }, ['alpha']],
  [{ tags: { team: 'a' }, status: ['waiting'] }, ['beta']],
  [{ tags: { team: 'a', no: '2' } }, []],
  [{ tags: { 'x=y': '' } }, ['beta']],
  [{ tags: { team: 'A' } }, []],
];
