// Values for the tests of this folder.
import type { EventData, EventOf, EventType, SessionSummary } from '../protocol/index.ts';
import type { Sink, Terminal } from './terminal.ts';

export function summary(change: Partial<SessionSummary>): SessionSummary {
  return {
    session: 'ses_00000000',
    owner: 'local',
    name: 'calm-otter',
    folder: '/work',
    status: 'idle',
    profile: 'default',
    model: 'offline/practice',
    mode: 'ask',
    tags: {},
    createdAt: 0,
    updatedAt: 0,
    seq: 1,
    turns: 0,
    messages: 0,
    queued: 0,
    held: 0,
    waiting: 0,
    usage: { input: 0, output: 0 },
    open: false,
    ...change,
  };
}

type Place = {
  readonly seq?: number;
  readonly turn?: string;
  readonly step?: string;
  readonly call?: string;
};

export function event<T extends EventType>(type: T, data: EventData<T>, place: Place = {}): EventOf<T> {
  return { session: 'ses_00000000', seq: 1, at: 0, v: 1, type, data, ...place };
}

/** A sink that keeps what it was given. */
export function memorySink(
  change: Partial<Pick<Sink, 'terminal' | 'colour' | 'columns'>> = {},
): Sink & { text(): string } {
  let kept = '';
  return {
    terminal: false,
    colour: false,
    columns: 80,
    ...change,
    write: (text) => {
      kept += text;
    },
    text: () => kept,
  };
}

export interface TestTerminal extends Terminal {
  readonly out: ReturnType<typeof memorySink>;
  readonly err: ReturnType<typeof memorySink>;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** Nobody reads any more. */
  leave(): void;
}

/** A terminal on which `answers` are typed, one a question, until the input ends. `^C` is Ctrl-C instead of an answer. */
export function testTerminal(
  options: { readonly answers?: readonly string[]; readonly terminal?: boolean } = {},
): TestTerminal {
  const { answers = [], terminal = false } = options;
  const typed = [...answers];
  const interrupts = new Set<() => void>();
  const gone = new AbortController();
  return {
    out: memorySink({ terminal }),
    err: memorySink({ terminal }),
    interactive: terminal,
    gone: gone.signal,
    piped: () => Promise.resolve(undefined),
    ask: (_question, signal) =>
      new Promise((resolve, reject) => {
        const answer = typed.shift();
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        if (answer === '^C') interrupts.forEach((listener) => listener());
        else resolve(answer);
      }),
    onInterrupt(listener) {
      interrupts.add(listener);
      return { [Symbol.dispose]: () => interrupts.delete(listener) };
    },
    interrupt: () => interrupts.forEach((listener) => listener()),
    leave: () => gone.abort(),
  };
}
