// A front end made with the AI SDK, its own reader and transport, against a real daemon.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type ChatState,
  type ChatStatus,
  type UIMessage,
} from 'ai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred, systemClock, systemRandom } from '../../src/base/index.ts';
import { homeAt, type Home } from '../../src/config/index.ts';
import { openDaemon, ownerToken, type Daemon } from '../../src/daemon/index.ts';
import type { SessionHandle } from '../../src/host/index.ts';
import {
  openTestHost,
  scriptedModel,
  testTool,
  type ScriptAnswer,
  type TestHost,
} from '../../src/testing/index.ts';

class State implements ChatState<UIMessage> {
  status: ChatStatus = 'ready';
  error: Error | undefined;
  messages: UIMessage[] = [];
  pushMessage = (message: UIMessage): void => void this.messages.push(message);
  popMessage = (): void => void this.messages.pop();
  replaceMessage = (index: number, message: UIMessage): void => void (this.messages[index] = message);
  snapshot = <T>(thing: T): T => structuredClone(thing);
}

/** What `useChat` is made of, without React. */
class Chat extends AbstractChat<UIMessage> {}

let gate = deferred<void>();
let test: TestHost;
let home: Home;
let daemon: Daemon;
let session: SessionHandle;

const WRITE: ScriptAnswer = [{ call: 'write', args: { path: 'a' } }];

function answers(said: string, isResult: boolean): ScriptAnswer {
  if (isResult) return [{ text: ['Do', 'ne'] }];
  if (said.includes('look'))
    return [{ reasoning: 'Hm.' }, { text: 'Looking.' }, { call: 'look', args: { at: 'x' } }];
  if (said.includes('write')) return WRITE;
  if (said.includes('both')) return [...WRITE, ...WRITE];
  if (said.includes('hold')) return [{ text: ['Hel', { wait: gate.promise }, 'lo'] }];
  if (said.includes('fail')) return [{ fail: { message: 'out of order', retryable: false } }];
  if (said.includes('wrong')) return [{ call: 'nothing', args: '{' }];
  return [{ text: 'Hi.' }];
}

beforeEach(async () => {
  gate = deferred<void>();
  const model = scriptedModel({
    answers: ({ messages }) => {
      const last = messages.at(-1);
      return answers(JSON.stringify(last), last?.role === 'tool');
    },
  });
  const tools = [
    testTool({ name: 'look', run: () => 'nothing there' }),
    testTool({ name: 'write', access: 'write', run: () => 'written' }),
  ];
  test = await openTestHost({ model, tools, profile: { mode: 'ask' } });
  home = homeAt(mkdtempSync(join(tmpdir(), 'carrel-home-')));
  const [clock, random] = [systemClock, systemRandom];
  daemon = await openDaemon({ host: test.host, home, version: '0', clock, random, onFault: () => undefined });
  session = await test.session();
});

afterEach(async () => {
  gate.resolve();
  await daemon[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
  rmSync(home.dataFolder, { recursive: true, force: true });
});

interface Opened {
  readonly chat: Chat;
  readonly finished: { readonly isAbort: boolean; readonly isError: boolean }[];
}

function open(): Opened {
  const finished: Opened['finished'] = [];
  const chat = new Chat({
    id: session.id,
    state: new State(),
    transport: new DefaultChatTransport({
      api: `${daemon.presence.url}/ui`,
      headers: { Authorization: `Bearer ${ownerToken(home)}` },
    }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    onFinish: ({ isAbort, isError }) => void finished.push({ isAbort, isError }),
  });
  return { chat, finished };
}

const kinds = (message: UIMessage | undefined): string[] =>
  (message?.parts ?? []).map((part) => ('state' in part ? `${part.type} ${part.state}` : part.type));
const textOf = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${daemon.presence.url}/ui`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { Authorization: `Bearer ${ownerToken(home)}`, ...headers },
  });
}

describe('a chat of the AI SDK', () => {
  it('shows reasoning, text and tools as one message for one turn', async () => {
    const { chat, finished } = open();
    await chat.sendMessage({ text: 'look' });
    expect(chat.error).toBeUndefined();
    const [, message] = chat.messages;
    expect(chat.messages).toHaveLength(2);
    expect(kinds(message)).toEqual([
      'step-start',
      'reasoning done',
      'text done',
      'dynamic-tool output-available',
      'step-start',
      'text done',
    ]);
    expect(message?.parts[3]).toMatchObject({
      toolName: 'look',
      input: { at: 'x' },
      output: 'nothing there',
    });
    expect(message?.metadata).toMatchObject({ session: session.id, outcome: 'completed' });
    expect(finished).toEqual([{ isAbort: false, isError: false }]);
  });

  it('shows an answer as it streams', async () => {
    const { chat } = open();
    const sent = chat.sendMessage({ text: 'hold' });
    await expect.poll(() => textOf(chat.messages[1])).toBe('Hel');
    expect(chat.status).toBe('streaming');
    gate.resolve();
    await sent;
    expect(textOf(chat.messages[1])).toBe('Hello');
  });

  it.each([
    [true, 'dynamic-tool output-available', 'Done'],
    [false, 'dynamic-tool output-denied', 'Done'],
  ])('asks its reader, and goes on in the same message (%s)', async (approved, state, said) => {
    const { chat } = open();
    await chat.sendMessage({ text: 'write' });
    const asked = chat.messages[1]?.parts.at(-1);
    expect(asked).toMatchObject({ state: 'approval-requested', toolName: 'write' });
    const id = asked?.type === 'dynamic-tool' ? (asked.approval?.id ?? '') : '';
    await chat.addToolApprovalResponse({ id, approved });
    await expect.poll(() => textOf(chat.messages[1])).toBe(said);
    await expect.poll(() => chat.status).toBe('ready');
    expect(chat.messages).toHaveLength(2);
    expect(kinds(chat.messages[1])[1]).toBe(state);
    expect((await session.settled()).turns).toBe(1);
  });

  it('shows what somebody else answered meanwhile', async () => {
    const { chat } = open();
    await chat.sendMessage({ text: 'write' });
    await session.approve();
    await session.settled();
    const asked = chat.messages[1]?.parts.at(-1);
    const id = asked?.type === 'dynamic-tool' ? (asked.approval?.id ?? '') : '';
    await chat.addToolApprovalResponse({ id, approved: false });
    await expect.poll(() => textOf(chat.messages[1])).toBe('Done');
    expect(kinds(chat.messages[1])[1]).toBe('dynamic-tool output-available');
  });

  it('comes back to an answer that it left, from its start', async () => {
    const first = open();
    const sent = first.chat.sendMessage({ text: 'hold' });
    await expect.poll(() => textOf(first.chat.messages[1])).toBe('Hel');
    await first.chat.stop();
    await sent;
    const { chat } = open();
    const resumed = chat.resumeStream();
    await expect.poll(() => textOf(chat.messages[0])).toBe('Hel');
    gate.resolve();
    await resumed;
    expect(textOf(chat.messages[0])).toBe('Hello');
    const { turns, lastOutcome } = await session.summary();
    expect([turns, lastOutcome]).toEqual([1, 'completed']);
    await chat.resumeStream();
    expect(chat.error).toBeUndefined();
    expect(chat.messages).toHaveLength(1);
  });

  it('comes back to a question', async () => {
    await open().chat.sendMessage({ text: 'both' });
    const { chat } = open();
    await chat.resumeStream();
    expect(kinds(chat.messages[0])).toEqual([
      'step-start',
      'dynamic-tool approval-requested',
      'dynamic-tool input-available',
    ]);
  });

  it('is told of a failure and of a cancel', async () => {
    const failing = open();
    await failing.chat.sendMessage({ text: 'fail' });
    expect(failing.chat.error?.message).toContain('out of order');
    expect(failing.finished).toMatchObject([{ isError: true }]);
    session = await test.session();
    const { chat } = open();
    const sent = chat.sendMessage({ text: 'hold' });
    await expect.poll(() => textOf(chat.messages[1])).toBe('Hel');
    await session.cancel('enough');
    await sent;
    expect(chat.messages[1]?.metadata).toMatchObject({ outcome: 'cancelled' });
    expect(kinds(chat.messages[1])).toEqual(['step-start', 'text done']);
  });

  it('shows a call that cannot run', async () => {
    const { chat } = open();
    await chat.sendMessage({ text: 'wrong' });
    expect(kinds(chat.messages[1])).toEqual([
      'step-start',
      'dynamic-tool output-error',
      'step-start',
      'text done',
    ]);
  });
});

describe('the door', () => {
  const message = (id: string, parts: unknown[] = [{ type: 'text', text: 'hi' }], role = 'user') => ({
    id,
    role,
    parts,
  });

  it('hears a message once, however often it is sent', async () => {
    const body = { id: session.id, messages: [message('m1')] };
    const [one, two] = [await (await post(body)).text(), await (await post(body)).text()];
    expect(one).toBe(two);
    expect(one).toMatch(/^data: \{"type":"start"[\s\S]*data: \[DONE\]\n\n$/);
    expect((await session.summary()).turns).toBe(1);
  });

  it('says what it carries', async () => {
    const response = await post({ id: session.id, messages: [message('m1')] });
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await response.text();
  });

  it.each([
    ['no messages', {}, 400, 'messages'],
    ['an empty list', { messages: [] }, 400, 'messages'],
    [
      'a file',
      { messages: [message('m1', [{ type: 'file', url: 'data:,', mediaType: 'a/b' }])] },
      400,
      'files',
    ],
    ['an odd id', { messages: [message('a/b')] }, 400, 'id'],
    ['an answer without a question', { messages: [message('m1', [], 'assistant')] }, 400, 'approval'],
    [
      'an answer to be made again',
      { trigger: 'regenerate-message', messages: [message('m1')] },
      400,
      'again',
    ],
    ['another session', { id: 'ses_nobody', messages: [message('m1')] }, 404, 'ses_nobody'],
    ['no session', { id: 'chat', messages: [message('m1')] }, 400, 'session'],
  ])('refuses %s', async (_name, body, status, told) => {
    const response = await post({ id: session.id, ...body });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(told);
    expect((await session.summary()).turns).toBe(0);
  });

  it('lets in nobody without a token, and no page of another site', async () => {
    const body = { id: session.id, messages: [message('m1')] };
    expect((await post(body, { Authorization: '' })).status).toBe(401);
    expect((await post(body, { Origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await session.summary()).turns).toBe(0);
  });
});
