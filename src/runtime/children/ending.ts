// How a child's turn ended, read from the child's own journal: that is the truth, whoever was awake when it happened.
import {
  addUsage,
  addSpent,
  NO_USAGE,
  NOTHING_SPENT,
  type CallStatus,
  type ErrorInfo,
  type EventOf,
  type Outcome,
  type SessionEvent,
  type SessionSummary,
  type Spent,
  type Usage,
} from '../../protocol/index.ts';
import { pages } from '../load.ts';
import type { Scope } from '../scope.ts';

export interface Ending {
  readonly outcome: Outcome;
  readonly usage: Usage;
  /** Left out when nobody knows. */
  readonly spent?: Spent | undefined;
  readonly status: CallStatus;
  readonly text: string;
  readonly error?: ErrorInfo;
}

/** The turn that the child was spawned for is its first. */
export function hasEnded({ turns, status }: SessionSummary): boolean {
  return turns > 1 || (status !== 'running' && status !== 'waiting');
}

/** The end of the child's first turn; of one that failed before that, its failure. */
export async function endingOf(scope: Scope, row: SessionSummary): Promise<Ending> {
  const said = new LastAnswer();
  let usage = NO_USAGE;
  let below: Spent | undefined = NOTHING_SPENT;
  for await (const events of pages(scope, { session: row.session, after: 0, upTo: row.seq })) {
    for (const event of events) {
      said.add(event);
      if (event.type === 'child.finished') {
        usage = addUsage(usage, event.data.usage);
        below = both(below, event.data.spent);
      }
      if (event.type !== 'turn.finished') continue;
      return ended(row, said.text, {
        ...event.data,
        usage: addUsage(usage, event.data.usage),
        spent: both(below, event.data.spent),
      });
    }
  }
  const error = row.error ?? { code: 'internal', message: `its turn has no end, and it is ${row.status}` };
  return ended(row, said.text, { outcome: 'failed', why: error.message, error, usage });
}

/** The child was never there, or will never be. */
export function neverWas(outcome: 'cancelled' | 'failed', error: ErrorInfo): Ending {
  const status = outcome === 'failed' ? 'error' : 'cancelled';
  return { outcome, usage: NO_USAGE, spent: NOTHING_SPENT, status, text: error.message, error };
}

const STATUS: Readonly<Record<Outcome, CallStatus>> = {
  completed: 'ok',
  length: 'ok',
  cancelled: 'cancelled',
  failed: 'error',
  halted: 'error',
  interrupted: 'error',
};

function both(a: Spent | undefined, b: Spent | undefined): Spent | undefined {
  return a === undefined || b === undefined ? undefined : addSpent(a, b);
}

function ended(
  { name, session }: SessionSummary,
  answer: string,
  { outcome, why, error, usage, spent }: EventOf<'turn.finished'>['data'],
): Ending {
  const status = STATUS[outcome];
  if (outcome === 'completed')
    return { outcome, usage, spent, status, text: answer || 'It ended without an answer.' };
  const message = `The turn of child ${name} (${session}) ended "${outcome}": ${why}.`.replace(/\.\.$/, '.');
  const text = answer === '' ? message : `${message}\nWhat it said last:\n${answer}`;
  if (status === 'ok') return { outcome, usage, spent, status, text };
  const code = error?.code ?? (outcome === 'halted' ? 'limit_reached' : 'cancelled');
  return { outcome, usage, spent, status, text, error: { code, message } };
}

/** The text of the last step that said anything. */
class LastAnswer {
  text = '';
  #step: string | undefined;

  add(event: SessionEvent): void {
    if (event.type !== 'text.ended' || event.data.text.trim() === '') return;
    this.text = this.#step === event.step ? this.text + event.data.text : event.data.text;
    this.#step = event.step;
  }
}
