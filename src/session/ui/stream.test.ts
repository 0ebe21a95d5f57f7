import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { expect, test } from 'vitest';
import type { SessionEvent, ViewItem } from '../../protocol/index.ts';
import type { UiChunk } from './chunks.ts';
import { uiChunks, type UiStart } from './stream.ts';

const session = 'ses_1';
const [turn, step] = ['trn_1', 'stp_1'];
const frame = { prompt: '', tools: '', model: 'a/b', date: '2026-01-01' };
const usage = { input: 1, output: 1 };

/** Events of one turn, numbered as they come; frames in between. */
function journal(
  ...made: readonly (Partial<SessionEvent> | { delta: string; offset: number })[]
): ViewItem[] {
  let seq = 0;
  return made.map((item) => {
    if (!('delta' in item)) return { session, seq: ++seq, at: 0, v: 1, turn, step, ...item } as SessionEvent;
    const { delta: text, offset } = item;
    return { type: 'delta', session, seq, step, part: 'prt_1', kind: 'text', offset, text };
  });
}

const started = { type: 'turn.started', data: { frame, trigger: 'input' } } as const;
const stepped = { type: 'step.started', data: { number: 1 } } as const;
const finished = { type: 'turn.finished', data: { outcome: 'completed', why: 'stop', usage } } as const;
const ended = (text: string) => ({ type: 'text.ended', data: { part: 'prt_1', text } }) as const;

async function* given(items: readonly ViewItem[]): AsyncGenerator<ViewItem> {
  await Promise.resolve();
  yield* items;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

const chunks = (items: readonly ViewItem[], start?: UiStart): Promise<UiChunk[]> =>
  all(uiChunks(given(items), start));

/** As the AI SDK's own reader understands it. */
async function read(items: readonly ViewItem[]): Promise<UIMessage | undefined> {
  const stream = ReadableStream.from((await chunks(items)) as UIMessageChunk[]);
  return (await all(readUIMessageStream({ stream }))).at(-1);
}

test.each([
  ['told in whole', [ended('Hello')], 'Hello'],
  ['told as it streams', [{ delta: 'Hel', offset: 0 }, { delta: 'lo', offset: 3 }, ended('Hello')], 'Hello'],
  ['ended before all of it was shown', [{ delta: 'Hel', offset: 0 }, ended('Hello')], 'Hello'],
  ['kept shorter than it was shown', [{ delta: 'Hello', offset: 0 }, ended('Hel')], 'Hel'],
  [
    'begun again',
    [
      { delta: 'Hxx', offset: 0 },
      {
        type: 'step.retried',
        data: { attempt: 1, until: 0, error: { code: 'timeout', message: '' }, shown: true },
      } as const,
      { delta: 'Hel', offset: 0 },
      ended('Hello'),
    ],
    'Hello',
  ],
])('text that is %s is what the journal says', async (_name, items, text) => {
  const message = await read(journal(started, stepped, ...items, finished));
  expect(message?.id).toBe(turn);
  expect(message?.parts.filter(({ type }) => type === 'text')).toMatchObject([{ text, state: 'done' }]);
});

test('a part that turns out shorter leaves the ones before it', async () => {
  const first = { type: 'reasoning.ended', data: { part: 'prt_0', text: 'Hm.' } } as const;
  const message = await read(
    journal(started, stepped, first, { delta: 'Hello', offset: 0 }, ended('Hel'), finished),
  );
  expect(message?.parts).toMatchObject([{ type: 'step-start' }, { text: 'Hm.' }, { text: 'Hel' }]);
});

test('the turn of an input is the message, whatever stands before it', async () => {
  const other = journal(started, stepped, ended('Old'), finished).map((item) => ({ ...item, turn: 'trn_0' }));
  const delivered = { type: 'input.delivered', data: { command: 'cmd_1' } } as const;
  const own = journal(started, delivered, stepped, ended('New'), finished);
  const said = await chunks([...(other as ViewItem[]), ...own], { command: 'cmd_1' });
  expect(said[0]).toMatchObject({ type: 'start', messageId: turn });
  expect(said.filter(({ type }) => type === 'text-delta')).toMatchObject([{ delta: 'New' }]);
});

test('an input that is held says so, and a turn that waits is left open', async () => {
  const held: Partial<SessionEvent> = { type: 'input.held', data: { commands: ['cmd_1'] } };
  const refused = await chunks(journal(held), { command: 'cmd_1' });
  expect(refused.map(({ type }) => type)).toEqual(['error', 'finish']);
  const waiting = await chunks(journal(started, stepped));
  expect(waiting.slice(-2)).toEqual([
    { type: 'finish-step' },
    { type: 'finish', finishReason: 'tool-calls' },
  ]);
});

test.each([
  ['cancelled', ['message-metadata', 'abort']],
  ['failed', ['error', 'finish']],
  ['halted', ['finish']],
] as const)('a turn that is %s ends so', async (outcome, types) => {
  const end = { type: 'turn.finished', data: { ...finished.data, outcome } } as const;
  const said = await chunks(journal(started, end));
  expect(said.slice(1).map(({ type }) => type)).toEqual(types);
});
