import { systemClock } from '../../base/index.ts';
import { CarrelError, codeOf, type SessionSummary } from '../../protocol/index.ts';
import { EXIT, exitOfSummary, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { OWNER } from '../owner.ts';
import { pollUntil } from '../poll.ts';
import { openReading } from '../reading.ts';
import { printValue } from '../render/value.ts';
import { span } from '../render/time.ts';
import { askRunning } from '../running.ts';

/** Waits for the end of `running`, as long as some process is there to end it (twice looked, because one may just be starting). `timeout` when the time given is over; Ctrl-C ends the wait and nothing else. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const timeoutMs = options.durationMs('timeout');
  await using reading = await openReading(invocation);
  const { session, name } = await reading.session();
  const stop = new AbortController();
  using _interrupt = terminal.onInterrupt(() => stop.abort());
  const late = new AbortController();
  using _deadline = timeoutMs === undefined ? undefined : systemClock.after(timeoutMs, () => late.abort());
  const read = async () => {
    const row = await reading.reader.summary(OWNER, session);
    if (row === undefined) throw new CarrelError('not_found', `${name} was deleted meanwhile`);
    return row;
  };
  let unheld = 0;
  const settled = ({ status }: SessionSummary): boolean => {
    unheld = reading.holder() === undefined ? unheld + 1 : 0;
    return status !== 'running' || unheld > 1;
  };
  const signal = AbortSignal.any([stop.signal, late.signal, terminal.gone]);
  // The daemon tells; where none runs, or it goes, the store is looked at.
  const told = await askRunning(invocation, (client) =>
    client
      .session(session)
      .settled({ signal })
      .catch((error: unknown) => {
        if (codeOf(error) === 'cancelled') return undefined; // by the signal, or because the session is gone
        throw error;
      }),
  );
  const row = told ?? (signal.aborted ? undefined : await pollUntil(read, settled, { signal }));
  if (row === undefined) {
    if (stop.signal.aborted || terminal.gone.aborted) return EXIT.cancelled;
    throw new CarrelError('timeout', `${name} is still running after ${span(timeoutMs ?? 0)} (--timeout)`);
  }
  if (row.status === 'running') {
    throw new CarrelError(
      'conflict',
      `${name} is in the middle of a turn, but no process runs it: carrel continue ${name} takes it up`,
    );
  }
  if (json) printValue(terminal.out, row);
  else
    note(
      invocation,
      'info',
      `${name} is ${row.status}${row.lastOutcome === undefined ? '' : `, last turn ${row.lastOutcome}`}`,
    );
  return exitOfSummary(row);
}
