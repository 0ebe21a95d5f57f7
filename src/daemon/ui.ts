// The door of AI SDK front ends: what its HTTP transport sends and expects, for a chat whose id is that of a session. The page shows
// what the journal says; what it sends of older messages is not looked at.
import { isJsonObject, parseJson } from '../base/index.ts';
import { z } from 'zod';
import {
  CarrelError,
  CommandId,
  CommandReply,
  SessionId,
  SessionSummary,
  toErrorInfo,
  type SessionEvent,
  type Source,
  type ViewItem,
} from '../protocol/index.ts';
import { MAY_REST, UI_STREAM_HEADER, uiChunks, type UiChunk, type UiStart } from '../session/index.ts';
import type { Caller } from './caller.ts';
import { sentStream } from './event-stream.ts';
import { explain } from './message.ts';
import type { Shared } from './shared.ts';

const USER: Source = { kind: 'user' };
/** Events that one input can lead to at once, and as many as one page of a journal has. */
const PAGE = 1000;

const Part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  state: z.string().optional(),
  toolCallId: z.string().optional(),
  approval: z
    .looseObject({ approved: z.boolean().optional(), reason: z.string().max(2000).optional() })
    .optional(),
});
type Part = z.infer<typeof Part>;

const Body = z.looseObject({
  /** The session. */
  id: SessionId,
  trigger: z.enum(['submit-message', 'regenerate-message']).optional(),
  messages: z.array(z.unknown()).min(1),
});

const Message = z.looseObject({
  id: z.string(),
  role: z.enum(['user', 'assistant']),
  parts: z.array(Part),
});
type Message = z.infer<typeof Message>;

/** From where the answer is streamed: behind an event, from a turn or from the one that takes up an input. */
export interface UiAnswer {
  readonly session: string;
  readonly after: number;
  readonly start: UiStart;
}

/**
 * Sends the newest message of the body, or the answers to approvals in it, and says what to stream. `invalid_params` for what is no
 * such body, for files, and for an answer that is to be made again: a journal is not rewritten.
 */
export async function takeUiMessage(caller: Caller, text: string): Promise<UiAnswer> {
  const { id: session, trigger, message } = readBody(text);
  caller.allowance.request(message.role === 'assistant'); // it answers approvals
  caller.permit('observe', session);
  if (trigger === 'regenerate-message')
    throw new CarrelError('invalid_params', 'an answer is not made again here: send another message');
  return message.role === 'user' ? send(caller, session, message) : answer(caller, session, message);
}

/** The message of the turn that is open, from its start; nothing when none is. */
export async function openUiMessage(caller: Caller, session: string): Promise<UiAnswer | undefined> {
  caller.allowance.request(false);
  const { seq } = await summaryOf(caller, session);
  for (let to = seq; to > 0; to -= PAGE) {
    const from = Math.max(0, to - PAGE);
    const events = await eventsOf(caller, session, { after: from, limit: to - from });
    const last = events.findLast(({ type }) => type === 'turn.started' || type === 'turn.finished');
    if (last?.type === 'turn.finished') return undefined;
    if (last?.turn !== undefined) return { session, after: last.seq - 1, start: { turn: last.turn } };
  }
  return undefined;
}

export function uiStream(
  shared: Shared,
  caller: Caller,
  { session, after, start }: UiAnswer,
): ReadableStream<Uint8Array> {
  return sentStream({
    shared,
    identity: caller.identity,
    open: (signal) => {
      const items = caller.link.follow(session, { after }, { signal });
      return encoded(uiChunks(untilRest({ caller, session, after, items }), start));
    },
    ending: (error) => line({ type: 'error', errorText: toErrorInfo(error).message }) + DONE,
  });
}

export const UI_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  [UI_STREAM_HEADER[0]]: UI_STREAM_HEADER[1],
};

const DONE = 'data: [DONE]\n\n';

function line(chunk: UiChunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

async function* encoded(chunks: AsyncIterable<UiChunk>): AsyncGenerator<string> {
  for await (const chunk of chunks) yield line(chunk);
  yield DONE;
}

interface Followed {
  readonly caller: Caller;
  readonly session: string;
  readonly after: number;
  readonly items: AsyncIterable<ViewItem>;
}

/** Items until nothing moves: then the page asks its reader, and sends the answer. */
async function* untilRest({ caller, session, after, items }: Followed): AsyncGenerator<ViewItem> {
  const restSeq = async (): Promise<number> => {
    const { status, seq } = await summaryOf(caller, session);
    return status === 'running' ? Infinity : seq;
  };
  let restsAt = await restSeq();
  if (restsAt <= after) return;
  for await (const item of items) {
    yield item;
    if (item.type === 'delta') continue;
    if (restsAt === Infinity && MAY_REST.has(item.type)) restsAt = await restSeq();
    if (item.seq >= restsAt) return;
  }
}

function readBody(text: string): { id: string; trigger: string | undefined; message: Message } {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value))
    throw new CarrelError('invalid_params', 'the body is no JSON object');
  const body = Body.safeParse(parsed.value);
  if (!body.success) throw new CarrelError('invalid_params', explain('', body.error));
  const message = Message.safeParse(body.data.messages.at(-1));
  if (!message.success) throw new CarrelError('invalid_params', explain('messages.-1', message.error));
  return { id: body.data.id, trigger: body.data.trigger, message: message.data };
}

/** The message's own id names the input, so that a page that sends twice is heard once. */
async function send(caller: Caller, session: string, { id, parts }: Message): Promise<UiAnswer> {
  const other = parts.find(({ type }) => type === 'file');
  if (other !== undefined) throw new CarrelError('invalid_params', 'files are not taken here: send text');
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text ?? ''] : [])).join('\n');
  const command = CommandId.safeParse(`cmd_ui.${id}`);
  if (!command.success)
    throw new CarrelError(
      'invalid_params',
      `the id of the message is none for an input: ${command.error.message}`,
    );
  const { seq: before } = await summaryOf(caller, session);
  const sent = { session, id: command.data, text, source: USER, delivery: 'queue' };
  const { seq } = CommandReply.parse(await caller.call('input/send', sent));
  const after = seq > before ? before : Math.max(0, seq - PAGE);
  return { session, after, start: { command: command.data } };
}

/** Answers what the page's reader decided; what somebody else has answered already is shown as it was. */
async function answer(caller: Caller, session: string, { id: turn, parts }: Message): Promise<UiAnswer> {
  const decided = parts.filter(({ state }) => state === 'approval-responded');
  if (decided.length === 0)
    throw new CarrelError('invalid_params', "the newest message is neither a user's nor answers an approval");
  const { seq } = await summaryOf(caller, session);
  for (const part of decided) await resolve(caller, session, part);
  const asked = await lastQuestion(caller, {
    session,
    seq,
    calls: new Set(decided.map(({ toolCallId }) => toolCallId)),
  });
  return { session, after: asked, start: { turn } };
}

async function resolve(caller: Caller, session: string, { toolCallId: call, approval }: Part): Promise<void> {
  const decision = approval?.approved === true ? 'allow' : 'deny';
  const reason = approval?.reason;
  const params = {
    session,
    call,
    decision,
    scope: 'once',
    by: USER,
    ...(reason === undefined ? {} : { reason }),
  };
  try {
    await caller.call('approval/resolve', params);
  } catch (error) {
    if (toErrorInfo(error).code !== 'conflict') throw error;
  }
}

interface Questions {
  readonly session: string;
  readonly seq: number;
  readonly calls: ReadonlySet<string | undefined>;
}

/** The newest event that asked about one of these calls; the end of the journal when none did. */
async function lastQuestion(caller: Caller, { session, seq, calls }: Questions): Promise<number> {
  for (let to = seq; to > 0; to -= PAGE) {
    const from = Math.max(0, to - PAGE);
    const events = await eventsOf(caller, session, { after: from, limit: to - from });
    const asked = events.findLast(({ type, call }) => type === 'approval.requested' && calls.has(call));
    if (asked !== undefined) return asked.seq;
  }
  return seq;
}

async function summaryOf(caller: Caller, session: string): Promise<SessionSummary> {
  return SessionSummary.parse(await caller.call('session/get', { session }));
}

async function eventsOf(
  caller: Caller,
  session: string,
  range: { readonly after: number; readonly limit: number },
): Promise<readonly SessionEvent[]> {
  return (await caller.call('session/events', { session, ...range })) as readonly SessionEvent[];
}
