// What must hold of a whole journal once everything has settled.
import { Conversation, transcript } from '../../../session/index.ts';
import type { Dice } from '../dice.ts';
import type { Findings } from '../findings.ts';
import { Journal, type CallRecord } from '../journal.ts';
import type { Ledger } from '../ledger.ts';
import { openings, unfinishedCalls } from './closed.ts';

/** Of the cuts of a journal, the share that is tried: all of them over many seeds. */
const CUTS_TRIED = 0.15;

export interface History {
  readonly session: string;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly dice: Dice;
}

export function judgeHistory(history: History, findings: Findings): void {
  findings.addAll('P3', cuts(history));
  findings.addAll('P4', calls(history));
  findings.addAll('P4', lostIntents(history));
  findings.addAll('P10', continued(history));
  findings.addAll('P1', inputs(history));
}

/** P3 of the cuts: what would be sent to a model if the journal ended there. */
function* cuts({ session, journal: { events }, dice }: History): Generator<string> {
  const conversation = new Conversation();
  const cut = new Journal();
  for (const event of events) {
    conversation.add(event);
    cut.add(event, 0);
    if (conversation.entries.length === 0 || !dice.chance(CUTS_TRIED)) continue;
    const messages = transcript(conversation, { provider: 'sim' });
    for (const problem of [...openings(messages), ...unfinishedCalls(messages, cut)])
      yield `${session} cut at ${String(event.seq)}: ${problem}`;
  }
}

function* calls({ session, journal, ledger }: History): Generator<string> {
  for (const record of journal.calls.values()) {
    const runs = ledger.runs.filter((run) => run.session === session && run.call === record.call);
    const said = runs.flatMap(({ text }) => (text === undefined ? [] : [text]));
    yield* call(record, runs.length, said);
  }
}

function* call(
  { call, tool, idempotent, intents, results }: CallRecord,
  runs: number,
  said: readonly string[],
): Generator<string> {
  const name = `${tool} as ${call}`;
  if (results.length !== 1) yield `${name} has ${String(results.length)} results`;
  const [result] = results;
  if (result === undefined) return;
  const { status, text } = result;
  if (!idempotent && intents.length > 1) yield `${name} was started ${String(intents.length)} times`;
  // A child and a message are in other journals.
  if (tool === 'spawn' || tool === 'message') return;
  if (status === 'ok' && said.length === 0) yield `${name} is ok, and did nothing`;
  if (status === 'ok' && !said.some((whole) => whole === text || whole.startsWith(text.slice(0, 20))))
    yield `${name} says what its tool did not`;
  if (!idempotent && runs > 0 && (status === 'denied' || (status === 'cancelled' && said.length > 0)))
    yield `${name} ran, and is called ${status}`;
}

/** Nothing of a turn begins after its cancel, in whatever incarnation. */
function* continued({ session, journal: { events } }: History): Generator<string> {
  const cancelled = new Set<string>();
  for (const { type, turn = '', seq } of events) {
    if (type === 'turn.cancel-requested') cancelled.add(turn);
    if ((type === 'step.started' || type === 'tool.started') && cancelled.has(turn))
      yield `${type} at ${String(seq)} of ${session} goes on with a cancelled turn`;
  }
}

function* inputs({ session, journal }: History): Generator<string> {
  for (const [command, { deliveredAt, withdrawnAt }] of journal.inputs) {
    if (deliveredAt > 0 && withdrawnAt > 0)
      yield `input ${command} of ${session} was delivered and withdrawn`;
    if (deliveredAt + withdrawnAt === 0) yield `input ${command} of ${session} was never delivered`;
  }
}

/** A child lives on in its own journal. */
function isLostWithItsHost(journal: Journal, call: string): boolean {
  const known = journal.calls.get(call);
  return known?.idempotent === false && known.tool !== 'spawn';
}

/** An intent that a recovery finds without a result: nobody knows what became of it, unless it may run again. */
function* lostIntents({ session, journal }: History): Generator<string> {
  const open = new Set<string>();
  const lost = new Set<string>();
  for (const { type, call = '', seq, data } of journal.events) {
    if (type === 'tool.started' && isLostWithItsHost(journal, call)) open.add(call);
    if (type === 'session.recovered') for (const one of open) lost.add(one);
    if (type !== 'tool.finished') continue;
    open.delete(call);
    if (lost.has(call) && data.status !== 'unknown')
      yield `${call} of ${session} was open at a recovery, and is ${data.status} at ${String(seq)}`;
  }
}
