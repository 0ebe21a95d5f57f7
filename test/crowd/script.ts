// What each session of the crowd goes through, turn by turn: the kind of a turn is a function of its place, so that a repeated or
// recovered request gets the same answer again.
import type { ProviderAnswer, ProviderAnswerFunction } from '../../src/testing/index.ts';

export const TURNS = 4;

export interface Place {
  readonly session: number;
  readonly turn: number;
}

export const inputOf = ({ session, turn }: Place): string => `session ${session}, turn ${turn}`;

/** Of the last input in it: a turn that was cancelled before anything was said leaves its input standing before the next. */
export function placeOf(text: string): Place {
  const [, session = '0', turn = '0'] = [...text.matchAll(/session (\d+), turn (\d+)/g)].at(-1) ?? [];
  return { session: Number(session), turn: Number(turn) };
}

const KINDS = [
  'text',
  'reasoning',
  'call',
  'batch',
  'command',
  'server error',
  'overloaded',
  'reset',
  'no end',
  'long',
  'silent',
] as const;
export type TurnKind = (typeof KINDS)[number];

export const kindOf = ({ session, turn }: Place): TurnKind =>
  KINDS[(session * 3 + turn * 4) % KINDS.length] ?? 'text';

/** Those that their client cancels. */
export const isCancelled = (place: Place): boolean => ['long', 'silent'].includes(kindOf(place));

/** Every fifth session asks before its tools; every tenth is told no. */
export const isCareful = ({ session }: Pick<Place, 'session'>): boolean => session % 5 === 0;
export const isDenied = ({ session }: Pick<Place, 'session'>): boolean => session % 10 === 0;

const WORDS = 'so many desks and each of them with its own light '.repeat(4);
const DONE: ProviderAnswer = [{ text: WORDS, pieces: 20 }];
const ledger = (n: number): ProviderAnswer[number] => ({ call: { tool: 'ledger', args: { n } } });

/**
 * `mark` stands in the arguments of every process that a tool starts. A fault comes once; the next attempt is answered. The server
 * never fails for everyone: that would be a provider that is down, which is then left alone for longer than a test has.
 */
export function script(mark: string): ProviderAnswerFunction {
  const failed = new Set<string>();
  let inARow = 0;
  const once = (key: string, fault: ProviderAnswer): ProviderAnswer => {
    if (failed.has(key)) return DONE;
    failed.add(key);
    return fault;
  };
  const answers: Readonly<Record<TurnKind, (key: string) => ProviderAnswer>> = {
    text: () => DONE,
    reasoning: () => [{ reasoning: WORDS, pieces: 5 }, ...DONE],
    call: () => [{ text: 'Noted.' }, ledger(1)],
    batch: () => [ledger(1), ledger(2)],
    command: () => [
      {
        call: { tool: 'exec', args: { command: `sleep 3600.${mark} & (setsid sleep 3600.${mark} &); true` } },
      },
    ],
    'server error': (key) => (++inARow > 2 ? DONE : once(key, [{ status: 500 }])),
    overloaded: (key) => once(key, [{ status: 429, retryAfter: 0 }]),
    // What the client has not read yet would go with the connection.
    reset: (key) => once(key, [{ text: WORDS, pieces: 10 }, { delayMs: 250 }, { reset: true }]),
    'no end': (key) => once(key, [{ text: WORDS, pieces: 10 }, { halfClose: true }]),
    long: () => [{ text: WORDS, pieces: 100, everyMs: 20 }],
    silent: () => [{ silence: true }],
  };
  return ({ text, rounds }) => {
    const place = placeOf(text);
    if (kindOf(place) !== 'server error') inARow = 0;
    return rounds > 0 ? DONE : answers[kindOf(place)](inputOf(place));
  };
}
