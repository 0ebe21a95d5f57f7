// What must hold after a kill.
import { isDeepStrictEqual } from 'node:util';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { violations } from '../oracle.ts';
import type { Said } from './child.ts';
import type { AfterLife, Remains } from './kill.ts';
import { requestOf, textOf } from './script.ts';

export interface Verdict {
  readonly problems: readonly string[];
  /** How long before the kill the first text was sent that was not kept, ms; 0 when all was. Only of a kill in mid-text. */
  readonly lateMs: number | undefined;
}

export function judge(remains: Remains): Verdict {
  const { session, server, said } = remains;
  const problems = [
    ...remains.orphans.map((line) => `still alive: ${line}`),
    ...server.refusals.flatMap((refusal) => refusal.problems.map((problem) => `refused: ${problem}`)),
  ];
  if (session === undefined) {
    if (said.length > 0) problems.push('lost the whole session');
    return { problems, lateMs: undefined };
  }
  const { events, runs } = session;
  const found = [
    ...violations(events, runs),
    ...said.flatMap((line) => lost(session, line)),
    ...callProblems(session),
    ...textProblems(remains, events),
    ...endProblems(session),
    ...cancelProblems(remains, session),
  ];
  return { problems: [...problems, ...found], lateMs: lateness(remains, events) };
}

function lost({ id, events }: AfterLife, line: Said): string[] {
  if ('session' in line) return line.session === id ? [] : [`lost session ${line.session}`];
  if ('event' in line) {
    const { seq, type } = line.event;
    return isDeepStrictEqual(events[seq - 1], line.event) ? [] : [`lost ${type} at ${seq}`];
  }
  const kept = events.slice(0, line.seq);
  if ('cancelled' in line) {
    const isKept = kept.some(
      (event) => event.type === 'turn.cancel-requested' && event.turn === line.cancelled,
    );
    return isKept ? [] : [`lost the cancel of ${line.cancelled}`];
  }
  const isKept = kept.some((event) => event.type === 'input.accepted' && event.data.command === line.command);
  return isKept ? [] : [`lost input ${line.command}`];
}

/** A call that was started and had no result at the kill may have run, so it is unknown; one that ran says so or is unknown. */
function callProblems({ events, runs }: AfterLife): string[] {
  const recovered = events.findIndex(({ type }) => type === 'session.recovered');
  const before = events.slice(0, Math.max(0, recovered));
  const calls = (type: SessionEvent['type']): string[] =>
    before.flatMap((event) => (event.type === type ? [event.call ?? ''] : []));
  const finished = new Set(calls('tool.finished'));
  const open = new Set(calls('tool.started').filter((call) => !finished.has(call)));
  return events.flatMap((event) => {
    if (event.type !== 'tool.finished') return [];
    const { call = '', data } = event;
    if (open.has(call)) return data.status === 'unknown' ? [] : [`open ${call} became ${data.status}`];
    const isTold = data.status === 'ok' || data.status === 'unknown' || data.status === 'cancelled';
    if (!isTold) return [`${call} ended ${data.status}`];
    return runs.has(call) && data.status === 'cancelled' ? [`${call} ran but is cancelled`] : [];
  });
}

/** Every text is what was sent, from its beginning; it is whole, or it is the one that the kill interrupted and says so. */
function textProblems({ server, requestsAtKill }: Remains, events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== 'text.ended') return [];
    const { text, interrupted = false } = event.data;
    const n = requestOf(text);
    if (!server.ledger.text(n).startsWith(text)) return [`request ${n} never said ${JSON.stringify(text)}`];
    if (interrupted) return n === requestsAtKill ? [] : [`the text of request ${n} is called interrupted`];
    return text === textOf(n) ? [] : [`the text of request ${n} is cut without a word`];
  });
}

function endProblems({ settled, next }: AfterLife): string[] {
  const problems = settled.status === 'idle' ? [] : [`it settled ${settled.status}`];
  const { status, lastOutcome } = next;
  if (status !== 'idle' || lastOutcome !== 'completed')
    problems.push(`the next turn ended ${lastOutcome ?? 'not'}, ${status}`);
  return problems;
}

/** Nothing of a cancelled turn is continued, and what was queued behind it waits. */
function cancelProblems(
  { said, requestsAtKill }: Remains,
  { settled, requestsWhenSettled }: AfterLife,
): string[] {
  if (!said.some((line) => 'cancelled' in line)) return [];
  const problems = settled.lastOutcome === 'cancelled' ? [] : ['the cancelled turn ended otherwise'];
  if (requestsWhenSettled > requestsAtKill) problems.push('it went on after the cancel');
  return problems;
}

function lateness(
  { server, killedAt, requestsAtKill }: Remains,
  events: readonly SessionEvent[],
): number | undefined {
  const sent = server.ledger.entries.filter(
    ({ at, request }) => request === requestsAtKill && at <= killedAt,
  );
  if (sent.at(-1)?.kind !== 'text') return undefined;
  const texts = events.flatMap((event) => (event.type === 'text.ended' ? [event.data.text] : []));
  const kept = texts.find((text) => requestOf(text) === requestsAtKill)?.length ?? 0;
  const first = sent.find(({ kind, textLength }) => kind === 'text' && textLength > kept);
  return first === undefined ? 0 : killedAt - first.at;
}
