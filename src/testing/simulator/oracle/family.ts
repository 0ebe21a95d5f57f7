// Parents and children agree, whatever died between their two journals (P4, P10).
import type { Disk } from '../disk.ts';
import type { CallRecord, Journal } from '../journal.ts';

/** A cancel of a parent is a command to its child; both journals are written, one after the other. */
const CASCADE_MS = 1_000;

export function* familyProblems(disk: Disk): Generator<string> {
  for (const [session, journal] of disk.journals) {
    for (const call of journal.calls.values())
      for (const problem of childProblems(call, session, disk)) yield `${call.call} of ${session} ${problem}`;
    const { parent, parentCall = '' } = journal.born ?? {};
    if (parent === undefined) continue;
    const known = disk.journal(parent).calls.get(parentCall)?.children;
    if (known?.includes(session) !== true)
      yield `${session} is a child that its parent ${parent} does not know`;
  }
}

function* childProblems(
  { call, children, results }: CallRecord,
  session: string,
  disk: Disk,
): Generator<string> {
  const [child] = children;
  if (child === undefined) return;
  if (children.length > 1) yield `started ${String(children.length)} children`;
  const journal = disk.journal(child);
  const { born } = journal;
  if (born !== undefined && (born.parent !== session || born.parentCall !== call))
    yield `has child ${child} of another`;
  const outcome = firstOutcome(journal);
  if (results[0]?.status === 'ok' && outcome !== 'completed' && outcome !== 'length')
    yield `is ok, and its child ended ${outcome ?? 'not'}`;
}

function firstOutcome({ events }: Journal): string | undefined {
  const finished = events.find(({ type }) => type === 'turn.finished');
  return finished?.type === 'turn.finished' ? finished.data.outcome : undefined;
}

/** Children that still do what they were started for, after the turn that started them was cancelled. */
export function* goesOnAlone(disk: Disk, nowMs: number): Generator<string> {
  for (const [session, journal] of disk.journals) {
    const { parent, parentCall = '' } = journal.born ?? {};
    if (parent === undefined || journal.turn === undefined || journal.cancelled) continue;
    if (firstOutcome(journal) !== undefined) continue;
    const { calls, cancels } = disk.journal(parent);
    const cancelledAtMs = cancels.get(calls.get(parentCall)?.turn ?? '');
    if (cancelledAtMs !== undefined && nowMs - cancelledAtMs > CASCADE_MS)
      yield `child ${session} goes on ${String(nowMs - cancelledAtMs)} ms after a cancel of its parent`;
  }
}
