// What a process says to the shell that started it. The only place where codes and outcomes become numbers.
import type { ErrorCode, Outcome, SessionSummary } from '../protocol/index.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, waiting: 4, cancelled: 130 } as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Codes that mean more to a script than "it failed". Every other code is `failed`. */
const BY_CODE: Partial<Record<ErrorCode, Exit>> = {
  invalid_params: EXIT.usage,
  model_unavailable: EXIT.usage,
  limit_reached: EXIT.refused,
  overloaded: EXIT.refused,
  cancelled: EXIT.cancelled,
};

const BY_OUTCOME: Readonly<Record<Outcome, Exit>> = {
  completed: EXIT.done,
  length: EXIT.failed,
  cancelled: EXIT.cancelled,
  failed: EXIT.failed,
  halted: EXIT.failed,
  interrupted: EXIT.failed,
};

const BY_STATUS: Partial<Record<SessionSummary['status'], Exit>> = {
  waiting: EXIT.waiting,
  paused: EXIT.failed,
  failed: EXIT.failed,
};

export function exitOfCode(code: ErrorCode): Exit {
  return BY_CODE[code] ?? EXIT.failed;
}

/** A turn that failed says why: a refusal is not a failure of the work. */
export function exitOfOutcome(outcome: Outcome, code?: ErrorCode): Exit {
  const mayBeRefused = outcome === 'failed' || outcome === 'halted';
  return mayBeRefused && code !== undefined ? exitOfCode(code) : BY_OUTCOME[outcome];
}

/** For a session that has settled: its status, else how its last turn ended. */
export function exitOfSummary(summary: Pick<SessionSummary, 'status' | 'lastOutcome' | 'reached'>): Exit {
  const outcome = summary.lastOutcome;
  if (summary.status === 'paused' && summary.reached !== undefined) return EXIT.refused;
  return (
    BY_STATUS[summary.status] ??
    (outcome !== undefined && outcome in BY_OUTCOME ? BY_OUTCOME[outcome as Outcome] : EXIT.done)
  );
}
