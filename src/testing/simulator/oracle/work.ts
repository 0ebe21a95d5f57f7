// P3, P4 and P10 at the moment at which a host reaches out: what a model is sent, and whether a tool may run, by the journal on the disk.
import type { Disk } from '../disk.ts';
import type { Findings, PromiseName } from '../findings.ts';
import type { Journal } from '../journal.ts';
import type { Ledger, RequestRecord, RunRecord } from '../ledger.ts';
import { openings, unfinishedCalls } from './closed.ts';

/** After a cancel is durable the host hears of it: a write's answer, give or take. */
const REACH_MS = 100;

export function judgeRequest(record: RequestRecord, disk: Disk, findings: Findings): void {
  const journal = disk.journal(record.session);
  const add = (promise: PromiseName, problems: Iterable<string>): void => {
    for (const problem of problems) findings.add(promise, `request r${String(record.number)}: ${problem}`);
  };
  add('P3', openings(record.request.messages));
  add('P3', unfinishedCalls(record.request.messages, journal));
  add('P3', partialReasoning(record, journal));
  add('P4', untrueResults(record, journal));
  // A host that stood still while another took the session goes by what it knew.
  if (disk.holder(record.session) === record.host) add('P1', missingInputs(record, journal));
}

function* partialReasoning({ request }: RequestRecord, journal: Journal): Generator<string> {
  const whole = new Set([...journal.parts.values()].flatMap((part) => (part.interrupted ? [] : [part.text])));
  for (const message of request.messages) {
    if (message.role !== 'assistant') continue;
    for (const part of message.parts)
      if (part.type === 'reasoning' && !whole.has(part.text)) yield 'it carries reasoning that is not whole';
  }
}

/** A result that is sent is in the journal, and says what that says. */
function* untrueResults({ request }: RequestRecord, journal: Journal): Generator<string> {
  for (const message of request.messages) {
    if (message.role !== 'tool') continue;
    for (const { call, ok } of message.parts) {
      const known = journal.calls.get(call);
      const result = known?.results[0];
      if (result === undefined) yield `the result of ${call} is not in the journal`;
      else if (ok !== (result.status === 'ok'))
        yield `${call} is told as ok: ${String(ok)}, it is ${result.status}`;
    }
  }
}

/** Everything that was delivered is there, in its order. */
function* missingInputs({ request }: RequestRecord, journal: Journal): Generator<string> {
  const said = request.messages
    .flatMap(({ role, parts }) => (role === 'user' ? parts : []))
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('\n');
  let from = 0;
  const delivered = [...journal.inputs].filter(([, { deliveredAt }]) => deliveredAt > 0);
  for (const [command, { text }] of delivered.toSorted(([, a], [, b]) => a.deliveredAt - b.deliveredAt)) {
    const at = said.indexOf(text, from);
    if (at === -1) yield `input ${command} was delivered, and is not in it`;
    else from = at + text.length;
  }
}

/** A run that begins. */
export function judgeRun(
  record: RunRecord,
  { disk, findings, ledger }: { disk: Disk; findings: Findings; ledger: Ledger },
): void {
  const { host, session, call, tool, idempotent } = record;
  const journal = disk.journal(session);
  const known = journal.calls.get(call);
  const runs = ledger.runs.filter((run) => run.session === session && run.call === call).length;
  if (known === undefined || known.intents.length === 0)
    findings.add('P4', `${tool} ran as ${call} before its intent was synced`);
  if (!idempotent && runs > 1) findings.add('P4', `${tool} ran ${String(runs)} times as ${call}`);
  if (disk.holder(session) === host && known !== undefined && known.results.length > 0)
    findings.add('P4', `${tool} ran as ${call}, which has its result already`);
}

/** What is at work although someone asked to stop it. */
export function deafToCancel(
  ledger: Ledger,
  { disk, nowMs, hears }: { disk: Disk; nowMs: number; hears: (host: string) => boolean },
): readonly string[] {
  return [...ledger.open].flatMap((record) => {
    const { turn, cancels } = disk.journal(record.session);
    const cancelledAtMs = turn === undefined ? undefined : cancels.get(turn);
    if (cancelledAtMs === undefined || record.signal.aborted || !hears(record.host)) return [];
    if (nowMs - Math.max(cancelledAtMs, record.startedAtMs) <= REACH_MS) return [];
    const what = 'call' in record ? record.call : `request r${String(record.number)}`;
    return [`${what} of ${record.session} goes on ${String(nowMs - cancelledAtMs)} ms after a cancel`];
  });
}
