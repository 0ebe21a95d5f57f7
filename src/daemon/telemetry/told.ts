// What of a session is worth a line of the log.
import type { Asked, Committed, Fact } from '../../host/index.ts';
import type { SessionEvent } from '../../protocol/index.ts';
import type { Log } from './log.ts';
import { toolOf, turnStart } from './record.ts';

export function tell(log: Log, fact: Fact): void {
  if (fact.type === 'committed') for (const event of fact.events) tellEvent(log, fact, event);
  else if (fact.type === 'asked') tellRequest(log, fact);
  else if (fact.type === 'appended' && fact.error !== undefined)
    log.write('error', 'the store did not take a write', { code: fact.error, tookMs: fact.tookMs });
}

function tellRequest(log: Log, fact: Asked): void {
  const { type: _type, answer, error, ...about } = fact;
  if (error === undefined) log.write('debug', 'a model answered', { ...about, ...answer });
  else if (error === 'cancelled') log.write('debug', 'a request was stopped', about);
  else log.write('warn', 'a request to a model failed', { ...about, code: error });
}

function tellEvent(log: Log, commit: Committed, event: SessionEvent): void {
  const { session, turn, step, call } = event;
  const about = {
    session,
    ...(turn === undefined ? {} : { turn }),
    ...(step === undefined ? {} : { step }),
    ...(call === undefined ? {} : { call }),
  };
  switch (event.type) {
    case 'turn.finished': {
      const { outcome, error, usage } = event.data;
      const startedAt = turnStart(commit, turn) ?? event.at;
      const how = { outcome, tookMs: event.at - startedAt, usage, code: error?.code };
      return log.write(outcome === 'failed' ? 'warn' : 'info', 'a turn ended', { ...about, ...how });
    }
    case 'tool.finished': {
      const { status, tookMs, error } = event.data;
      const how = { tool: toolOf(commit, call), status, tookMs, code: error?.code };
      return log.write('debug', 'a call ended', { ...about, ...how });
    }
    case 'session.recovered':
      return log.write('info', 'a session was taken up with a turn open', about);
    case 'session.crashed':
    case 'session.failed':
      return log.write('error', 'a session crashed', { ...about, code: event.data.error.code });
    case 'budget.reached':
      return log.write('info', 'a budget is reached', about);
    default:
  }
}
