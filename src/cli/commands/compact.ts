import { CarrelError, fromErrorInfo, type SessionEvent } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { openWorkingSession, type WorkingSession } from '../working.ts';

/** Waits for the end of the compaction; leaving before it stops it. */
export async function run(invocation: Invocation): Promise<Exit> {
  await using working = await openWorkingSession(invocation, { forTurn: true });
  const { seq } = await working.session.compact();
  const ended = await endOf(working, seq, invocation.terminal.gone);
  if (ended.type === 'compaction.failed') throw fromErrorInfo(ended.data.error);
  if (ended.type !== 'context.compacted') return EXIT.failed;
  const { before, after } = ended.data.tokens;
  report(
    invocation,
    `${working.row.name} is compacted from about ${String(before)} tokens to ${String(after)}; carrel uncompact takes it back`,
    ended,
  );
  return EXIT.done;
}

async function endOf(
  { session }: WorkingSession,
  started: number,
  signal: AbortSignal,
): Promise<SessionEvent> {
  for await (const item of session.follow({ after: started, signal }))
    if (item.type === 'context.compacted' || item.type === 'compaction.failed') return item;
  throw new CarrelError('cancelled', 'The compaction was left before its end.');
}
