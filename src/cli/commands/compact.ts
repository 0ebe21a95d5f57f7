import { CarrelError, fromErrorInfo, type SessionEvent } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { openSessionReach, type SessionReach } from '../session-reach.ts';

/** Waits for the end of the compaction; leaving before it stops one of this process, and leaves one of the daemon at work. */
export async function run(invocation: Invocation): Promise<Exit> {
  await using reached = await openSessionReach(invocation, { forTurn: true });
  const { seq } = await reached.session.compact();
  const ended = await endOf(reached, seq, invocation.terminal.gone);
  if (ended.type === 'compaction.failed') throw fromErrorInfo(ended.data.error);
  if (ended.type !== 'context.compacted') return EXIT.failed;
  const { before, after } = ended.data.tokens;
  report(
    invocation,
    `${reached.row.name} is compacted from about ${String(before)} tokens to ${String(after)}; carrel uncompact takes it back`,
    ended,
  );
  return EXIT.done;
}

async function endOf({ session }: SessionReach, started: number, signal: AbortSignal): Promise<SessionEvent> {
  for await (const item of session.follow({ after: started, signal }))
    if (item.type === 'context.compacted' || item.type === 'compaction.failed') return item;
  throw new CarrelError('cancelled', 'The compaction was left before its end.');
}
