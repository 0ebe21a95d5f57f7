import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutStart, systemClock } from '../../base/index.ts';
import type { CallPart, Message, ToolSpec } from '../../protocol/index.ts';
import { collect, contextOf, requestOf, textOf } from '../contract.ts';
import type { ModelPart } from '../port.ts';
import { instructionsOf, tale } from './grammar.ts';
import { practiceModel } from './model.ts';

const tools: readonly ToolSpec[] = ['read', 'list', 'grep', 'edit', 'write', 'exec'].map((name) => ({
  name,
  description: name,
  parameters: { type: 'object' },
}));

const model = practiceModel({ clock: systemClock, paceMs: 0 });
const ask = (messages: readonly Message[], offered = tools): Promise<ModelPart[]> =>
  collect(model.stream({ system: '', messages, tools: offered }, contextOf()));

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const said = (text: string): Message => ({ role: 'assistant', parts: [{ type: 'text', text }] });
const note = user('[Your answer was interrupted. Please continue.]');

type Call = Extract<ModelPart, { type: 'call' }>;
const callsIn = (parts: readonly ModelPart[]): Call[] => parts.filter((part) => part.type === 'call');

/** A whole turn in which every tool answers with its own name. */
async function turn(task: string): Promise<{ text: string; batches: string[][]; messages: Message[] }> {
  const messages: Message[] = [user(task)];
  const batches: string[][] = [];
  let text = '';
  for (;;) {
    const parts = await ask(messages);
    text += textOf(parts);
    const calls = callsIn(parts).map((call, n): CallPart => ({
      type: 'call',
      call: `cal_${messages.length}.${n}`,
      tool: call.tool,
      args: {},
    }));
    messages.push({ role: 'assistant', parts: [{ type: 'text', text: textOf(parts) }, ...calls] });
    if (calls.length === 0) return { text, batches, messages };
    batches.push(calls.map((call) => call.tool));
    const results = calls.map(({ call, tool }) => ({
      type: 'result' as const,
      call,
      tool,
      ok: true,
      text: `${tool}!`,
    }));
    messages.push({ role: 'tool', parts: results });
  }
}

describe('practice grammar', () => {
  it.each([
    ['read src/a b.ts', [{ tool: 'read', args: { path: 'src/a b.ts' } }]],
    ['list', [{ tool: 'list', args: {} }]],
    ['list src', [{ tool: 'list', args: { path: 'src' } }]],
    ['search a b', [{ tool: 'grep', args: { pattern: 'a b' } }]],
    ['search a b in src', [{ tool: 'grep', args: { pattern: 'a b', path: 'src' } }]],
    ['edit a.ts: x => y\\nz', [{ tool: 'edit', args: { path: 'a.ts', old: 'x', new: 'y\nz' } }]],
    ['edit a.ts: x =>', [{ tool: 'edit', args: { path: 'a.ts', old: 'x', new: '' } }]],
    ['write a.ts: one: two', [{ tool: 'write', args: { path: 'a.ts', text: 'one: two' } }]],
    ['run a && b', [{ tool: 'exec', args: { command: 'a && b' } }]],
    ['run sleep 1 & echo', [{ tool: 'exec', args: { command: 'sleep 1 & echo' } }]],
    ['ask why?', [{ tool: 'ask', args: { question: 'why?' } }]],
    ['spawn read all', [{ tool: 'spawn', args: { prompt: 'read all' } }]],
    [
      'read a & run b',
      [
        { tool: 'read', args: { path: 'a' } },
        { tool: 'exec', args: { command: 'b' } },
      ],
    ],
  ])('%s', (line, calls) => {
    expect(instructionsOf(`Please:\n  ${line}`)).toEqual([{ kind: 'calls', calls }]);
  });

  it('has texts', () => {
    expect(instructionsOf('say hi\ntell 2 words\nthink hm\nnothing')).toEqual([
      { kind: 'text', text: 'hi' },
      { kind: 'text', text: '1: with.' },
      { kind: 'reasoning', text: 'hm' },
    ]);
    expect(tale(1000).split(' ')).toHaveLength(1000);
  });
});

describe('practice model', () => {
  it('says that it is no AI and how to use it', async () => {
    const text = textOf(await ask([user('What is the meaning of life?')]));
    expect(text).toMatch(/^This is the practice model: no AI/);
    expect(text).toContain('search PATTERN [in PATH]');
  });

  it('runs tool lines one a step, joined ones as a batch, and sums up', async () => {
    const { text, batches } = await turn('say first\nread a\nlist & search x\nsay last');
    expect(batches).toEqual([['read'], ['list', 'grep']]);
    expect(text).toBe(
      'This is the practice model: no AI, only rules.\nfirst\nlast\n' +
        'Done; the tools answered: read ok (read!), list ok (list!), grep ok (grep!).',
    );
  });

  it('says what is not offered, and goes on', async () => {
    const { text, batches } = await turn('ask why\nread a');
    expect(batches).toEqual([['read']]);
    expect(text).toContain('ask: not offered.\n');
  });

  it('follows the newest instructions only', async () => {
    const { messages } = await turn('read a');
    expect(callsIn(await ask([...messages, user('list')])).map(({ tool }) => tool)).toEqual(['list']);
    expect(textOf(await ask([...messages, user('thanks')]))).toContain('One instruction a line');
  });

  it('has something to say when nothing is left', async () => {
    const { messages } = await turn('read a');
    expect(textOf(await ask([...messages, note]))).toBe('Nothing is left to do.');
  });

  it('goes on from any cut of its text, however often it is cut', async () => {
    const task = 'say a 😀 b\nthink hm\ntell 30 words\nread a';
    const whole = textOf(await ask([user(task)]));
    const cut = fc.nat(whole.length - 1).map((end) => cutStart(whole, end).length);
    const cuts = fc.array(cut, { minLength: 1, maxLength: 4 }).map((at) => at.toSorted((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const pieces = at.map((end, n) => whole.slice(at[n - 1] ?? 0, end)).filter((piece) => piece !== '');
        const messages = [user(task), ...pieces.flatMap((piece) => [said(piece), note])];
        const parts = await ask(messages);
        expect(pieces.join('') + textOf(parts)).toBe(whole);
        expect(callsIn(parts)).toHaveLength(1);
      }),
    );
  });

  it('streams words and stops at once when it is aborted', async () => {
    const stop = new AbortController();
    const slow = practiceModel({ clock: systemClock, paceMs: 3_600_000 });
    const parts: ModelPart[] = [];
    for await (const part of slow.stream(requestOf('tell 5 words'), contextOf(stop.signal))) {
      parts.push(part);
      setImmediate(() => stop.abort());
    }
    expect(parts).toMatchObject([
      { type: 'text', text: 'This ' },
      { type: 'failed', failure: { code: 'cancelled' } },
    ]);
  });
});
