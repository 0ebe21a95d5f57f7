// Takes a turn to its end, wherever it runs: starts it with a command, shows what happens, answers for the person who sits here,
// and says with the exit code how it ended. Every command that makes an agent work ends up here.
import { systemClock } from '../base/index.ts';
import type { Client, ClientSession } from '../client/index.ts';
import { codeOf, toErrorInfo, type ViewItem } from '../protocol/index.ts';
import { EXIT, type Exit } from './exit.ts';
import { Goal, type Target } from './goal.ts';
import { askAbout, type Answer } from './question.ts';
import { howToAnswer, openQuestions, type Question } from './questions.ts';
import type { Mark } from './render/style.ts';
import { span } from './render/time.ts';
import type { View } from './render/view.ts';
import type { Terminal } from './terminal.ts';

export interface Drive {
  readonly client: Client;
  readonly session: ClientSession;
  readonly name: string;
  readonly terminal: Terminal;
  readonly view: View;
  /** Says something that is no answer. */
  readonly tell: (mark: Mark, text: string) => void;
  /** Whoever sits at the terminal may be asked. */
  readonly interactive: boolean;
  /** The turn is cancelled when it takes longer. */
  readonly timeoutMs?: number | undefined;
  /** Show what came after this event; default what comes from now on. */
  readonly after?: number | undefined;
  /** The command that starts the work. */
  readonly begin: () => Promise<Target>;
}

/** Ends with the turn that the command started, or when only a human can go on and nobody here answers. Refusals throw. */
export async function drive(work: Drive): Promise<Exit> {
  const stops = new Stops(work.terminal.gone);
  using _interrupts = work.terminal.onInterrupt(() => interrupt(work, stops));
  const from = work.after === undefined ? { cursor: await work.session.cursor() } : { after: work.after };
  const goal = new Goal(await work.begin());
  using _deadline = cancelLater(work);
  try {
    for await (const item of work.session.follow({ ...from, signal: stops.leave })) {
      work.view.show(item);
      const exit = goal.reached(item) ?? (await whenWaiting(work, item, stops));
      if (exit !== undefined) return exit;
    }
    return stops.left ? EXIT.cancelled : EXIT.done;
  } finally {
    work.view.end();
  }
}

/** Two ways to be stopped: asked to cancel, which ends questions, and to leave, which ends everything. */
class Stops {
  readonly #cancel = new AbortController();
  readonly #leave = new AbortController();
  /** Aborts when nothing more is to be shown. */
  readonly leave: AbortSignal;
  /** Aborts when nobody wants to answer any more. */
  readonly ask: AbortSignal;

  constructor(gone: AbortSignal) {
    this.leave = AbortSignal.any([this.#leave.signal, gone]);
    this.ask = AbortSignal.any([this.#cancel.signal, this.leave]);
  }

  get left(): boolean {
    return this.#leave.signal.aborted;
  }

  get cancelled(): boolean {
    return this.#cancel.signal.aborted;
  }

  next(): 'cancel' | 'leave' {
    const step = this.cancelled ? 'leave' : 'cancel';
    (step === 'leave' ? this.#leave : this.#cancel).abort();
    return step;
  }
}

function interrupt(work: Drive, stops: Stops): void {
  if (stops.next() === 'leave') return;
  work.view.end();
  work.tell('warn', 'cancelling the turn; Ctrl-C again leaves');
  cancel(work, 'Ctrl-C');
}

/** A turn that has just ended by itself refuses with `conflict`, and that is fine. */
function cancel(work: Drive, reason: string): void {
  work.session.cancel(reason).catch((error: unknown) => {
    if (codeOf(error) !== 'conflict') work.tell('failed', toErrorInfo(error).message);
  });
}

function cancelLater(work: Drive): Disposable | undefined {
  const { timeoutMs } = work;
  if (timeoutMs === undefined) return undefined;
  return systemClock.after(timeoutMs, () =>
    cancel(work, `it ran longer than ${span(timeoutMs)} (--timeout)`),
  );
}

/** When nothing moves until a human answers: asks here, or says where to answer and ends. */
async function whenWaiting(work: Drive, item: ViewItem, stops: Stops): Promise<Exit | undefined> {
  if (item.type === 'delta') return undefined;
  const row = await work.session.summary();
  if (row.status !== 'waiting' || row.seq > item.seq) return undefined;
  const questions = await openQuestions(work.client, { session: work.session.id, name: work.name });
  if (questions.length === 0) return undefined;
  const answered = work.interactive && (await answer(work, questions, stops));
  if (answered || stops.cancelled) return undefined;
  work.view.end();
  work.tell('info', `answer with: ${howToAnswer(questions).join(', ')}`);
  return EXIT.waiting;
}

/** Whether every call was answered. */
async function answer(work: Drive, questions: readonly Question[], stops: Stops): Promise<boolean> {
  work.view.end();
  for (const question of questions) {
    const answered = await askAbout(question, work.terminal, stops.ask).catch((error: unknown) => {
      if (stops.ask.aborted) return undefined;
      throw error;
    });
    if (answered === undefined) return false;
    await resolve(work.client.session(question.session), question.call, answered);
  }
  return true;
}

/** `conflict` means that the call no longer waits: it expired, or ended with another. Then there is nothing to answer. */
async function resolve(session: ClientSession, call: string, answer: Answer): Promise<void> {
  try {
    if (answer.decision === 'allow') await session.approve(call, answer.scope);
    else await session.deny(call, answer.reason);
  } catch (error) {
    if (codeOf(error) !== 'conflict') throw error;
  }
}
