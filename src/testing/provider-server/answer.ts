// What a test wants the provider to say, independent of the wire format it is said in.
import { z } from 'zod';
import { JsonRecord, Usage } from '../../protocol/index.ts';
import type { ReceivedRequest } from './request.ts';

const pieces = z.int().positive().optional();
const everyMs = z.number().nonnegative().optional();

/** Steps that a JSON file can carry, performed in order. Neighbouring `text` (or `reasoning`) steps continue one part. */
const FILE_STEPS = [
  /** Text, in one delta or in `pieces`, `everyMs` apart. */
  z.strictObject({ text: z.string(), pieces, everyMs }),
  /** Reasoning. `signature` labels the opaque data that the provider sends with it and checks when it comes back. */
  z.strictObject({ reasoning: z.string(), signature: z.string().optional(), pieces, everyMs }),
  /** A tool call; `args` as a string goes out as it is, so that it may be no JSON. `id` replaces the generated one. */
  z.strictObject({
    call: z.strictObject({
      tool: z.string(),
      args: z.union([JsonRecord, z.string()]),
      id: z.string().optional(),
      pieces,
      everyMs,
    }),
  }),
  /** What the answer says it used; otherwise estimated at 4 characters a token. Comes before `finish`. */
  z.strictObject({ usage: Usage }),
  /** Ends the answer as the provider does. Without it: `calls` after calls, `length` after cut arguments, else `stop`. */
  z.strictObject({ finish: z.enum(['stop', 'length', 'calls', 'filter']) }),
  z.strictObject({ delayMs: z.number().nonnegative() }),
  /** Nothing more, with the connection open, until the client leaves. */
  z.strictObject({ silence: z.literal(true) }),
  /** Keep-alives without progress. */
  z.strictObject({ ping: z.int().positive(), everyMs }),
  /** An error: as the HTTP status where nothing was sent yet, else as the error event of the format. `retryAfter` in seconds. */
  z.strictObject({
    status: z.int().min(400).max(599),
    message: z.string().optional(),
    retryAfter: z.number().nonnegative().optional(),
  }),
  /** The refusal of a prompt that is longer than the model's context. */
  z.strictObject({ overflow: z.literal(true) }),
  /** The connection is destroyed. */
  z.strictObject({ reset: z.literal(true) }),
  /** The stream ends in good order at the HTTP level, but without its last events. */
  z.strictObject({ halfClose: z.literal(true) }),
  /** Written as it is. */
  z.strictObject({ garbage: z.string() }),
  /** From here on, writes of at most n bytes: splits events and UTF-8 sequences. */
  z.strictObject({ splitBytes: z.int().positive() }),
  /** Of every later call only the first half of the arguments arrives. */
  z.strictObject({ truncateArgs: z.literal(true) }),
] as const;

export const FileAnswer = z.array(z.union(FILE_STEPS));

/** Holds the answer until the promise settles: a gate in the hands of the test. */
export interface WaitStep {
  readonly wait: Promise<unknown>;
}
export type Step = z.infer<typeof FileAnswer>[number] | WaitStep;
export type Answer = readonly Step[];

/** `n` counts accepted requests from 1. */
export type AnswerFunction = (request: ReceivedRequest, n: number) => Answer | Promise<Answer>;

/** One answer for every request, one each in order, or a function. A list that is used up answers with status 500 and says so. */
export type Script = Answer | readonly Answer[] | AnswerFunction;

const USED_UP: Answer = [{ status: 500, message: 'The script has no answer for this request.' }];

function isList(script: Answer | readonly Answer[]): script is readonly Answer[] {
  return script.length > 0 && script.every((item) => Array.isArray(item));
}

export function toAnswerFunction(script: Script): AnswerFunction {
  if (typeof script === 'function') return script;
  if (!isList(script)) return () => script;
  let next = 0;
  return () => script[next++] ?? USED_UP;
}

/**
 * Answers by the number of tool rounds since the last user message, so that a repeated or recovered request gets the same
 * answer again; the last one serves all later rounds.
 */
export function byRound(answers: readonly Answer[]): AnswerFunction {
  return (request) => answers[Math.min(request.rounds, answers.length - 1)] ?? USED_UP;
}

/** Splits into at most `count` pieces of about equal length, never inside a character. */
export function inPieces(text: string, count: number): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / count));
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''));
  return pieces;
}
