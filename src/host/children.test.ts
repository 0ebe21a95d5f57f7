// Sessions that start others: what the parent gets back, in which order, and what may be asked for.
import { describe, expect, it } from 'vitest';
import type { SessionSummary } from '../protocol/index.ts';
import type { ModelRequest, ScriptAnswer } from '../model/index.ts';
import { openTestHost, scriptedModel, type TestHost, type TestHostOptions } from '../testing/index.ts';
import { builtinTools } from '../tool/index.ts';
import { journal } from './fixtures.ts';

const FAMILY = builtinTools().filter(({ kind }) => kind !== undefined);

/** Answers by the text of the last user message and by how many answers came since. */
type Plan = Readonly<Record<string, readonly ScriptAnswer[]>>;

function planned(plan: Plan): (request: ModelRequest) => ScriptAnswer {
  return ({ messages }) => {
    const at = messages.findLastIndex(({ role }) => role === 'user');
    const first = messages[at]?.parts[0];
    const task = first?.type === 'text' ? first.text.replace(/^\[From session .*\]\n/, '') : '';
    const done = messages.slice(at).filter(({ role }) => role === 'assistant').length;
    return plan[task]?.[done] ?? [{ text: `${task} is done` }];
  };
}

const spawn = (prompt: string, more: object = {}) => ({ call: 'spawn', args: { prompt, ...more } });

function open(plan: Plan, options: TestHostOptions = {}): Promise<TestHost> {
  return openTestHost({
    model: scriptedModel({ answers: planned(plan) }),
    ...options,
    tools: [...FAMILY, ...(options.tools ?? [])],
  });
}

/** What the calls of a session came to, in the order of the calls. */
async function results(test: TestHost, session: string): Promise<string[]> {
  const events = await journal(test.store, session);
  const calls = events.flatMap(({ type, call }) => (type === 'tool.requested' ? [call] : []));
  return calls.map((wanted) => {
    const end = events.find(({ type, call }) => type === 'tool.finished' && call === wanted);
    return end?.type === 'tool.finished' ? `${end.data.status}: ${end.data.output.text}` : 'open';
  });
}

async function family(test: TestHost): Promise<readonly SessionSummary[]> {
  const { sessions } = await test.host.list({ limit: 1_000 });
  return sessions.toSorted((a, b) => (a.depth ?? 0) - (b.depth ?? 0));
}

describe('a session that spawns', () => {
  it('gets the last answer of its child, which knows where it comes from', async () => {
    await using test = await open({ go: [[spawn('dig', { name: 'digger' })]] });
    const session = await test.session({ name: 'boss' });
    await session.send('go');
    await session.settled();
    expect(await results(test, session.id)).toEqual(['ok: dig is done']);
    const [, child] = await family(test);
    expect(child).toMatchObject({
      name: 'digger',
      parent: session.id,
      root: session.id,
      depth: 1,
      status: 'idle',
    });
    const events = await journal(test.store, session.id);
    const started = events.find(({ type }) => type === 'child.started');
    expect(started?.data).toEqual({ child: child?.session, depth: 1 });
    expect(test.faults).toEqual([]);
  });

  it('goes three deep, and usage comes up', async () => {
    const plan = { one: [[spawn('two')]], two: [[spawn('three')]], three: [[spawn('four')]] };
    await using test = await open(plan);
    const session = await test.session();
    await session.send('one');
    await session.settled();
    expect((await family(test)).map(({ depth = 0 }) => depth)).toEqual([0, 1, 2, 3]);
    const rows = await family(test);
    const below = rows.slice(1).reduce((sum, { usage }) => sum + usage.output, 0);
    const finished = (await journal(test.store, session.id)).find(({ type }) => type === 'child.finished');
    expect(finished?.data).toMatchObject({ outcome: 'completed', usage: { output: below } });
  });

  it('gets results in the order of its calls, however its children end', async () => {
    const plan = { go: [[spawn('a'), spawn('b'), spawn('c')]], a: [[spawn('deep')]] };
    await using test = await open(plan);
    const session = await test.session();
    await session.send('go');
    await session.settled();
    expect(await results(test, session.id)).toEqual(['ok: a is done', 'ok: b is done', 'ok: c is done']);
  });

  it('ends by its bound when every child spawns another', async () => {
    await using test = await openTestHost({
      model: scriptedModel({
        answers: ({ messages }) => (messages.at(-1)?.role === 'user' ? [spawn('again')] : [{ text: 'up' }]),
      }),
      tools: FAMILY,
    });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    const rows = await family(test);
    expect(rows.map(({ depth = 0 }) => depth)).toEqual([0, 1, 2, 3, 4, 5]);
    const [refusal] = await results(test, rows.at(-1)?.session ?? '');
    expect(refusal).toMatch(/^error: .*5 below the one at the top.*limits.childDepth/);
    expect(await results(test, session.id)).toEqual(['ok: up']);
  });
});
