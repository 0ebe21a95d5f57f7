// Budgets of a whole session: what is reserved reaches the model, what it reports reaches the totals, and limits outlive the host.
import { describe, expect, it } from 'vitest';
import type { ModelRequest, ScriptAnswer } from '../model/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { openTestHost, scriptedModel, type ScriptedModel, type TestHostOptions } from '../testing/index.ts';
import { builtinTools } from '../tool/index.ts';
import { happened, intercepted, journal } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const PRICE = { input: 10, output: 100 };
const USAGE = { input: 50, output: 10 };
/** In millionths of a dollar. */
const COST = 50 * 10 + 10 * 100;

const ANSWER = [{ text: 'done' }, { usage: USAGE }] as const;

function priced(answers: NonNullable<TestHostOptions['answers']> = () => ANSWER): ScriptedModel {
  return scriptedModel({ answers, capabilities: { outputTokens: 1_000, price: PRICE } });
}

function unpriced(): ScriptedModel {
  const model = priced();
  const { price: _price, ...capabilities } = model.capabilities;
  return { ...model, capabilities };
}

async function ask(session: SessionHandle, text = 'go'): Promise<void> {
  await session.send(text);
  await session.settled();
}

describe('a session with a budget', () => {
  it('reserves before it asks, with one append more, and settles after', async () => {
    await using test = await openTestHost({ model: priced() });
    const session = await test.session({ change: { budget: { subtree: { usd: 1 } } } });
    await ask(session);
    const types = (await journal(test.store, session.id)).map(({ type }) => type);
    expect(types.slice(-6)).toEqual([
      'input.delivered',
      'step.started',
      'step.reserved',
      'text.ended',
      'step.finished',
      'turn.finished',
    ]);
    expect(test.model.requests[0]).toMatchObject({ maxOutputTokens: 1_000 });
    expect(await session.summary()).toMatchObject({
      status: 'idle',
      spending: { cost: COST, unknown: 0 },
      budget: [{ scope: 'subtree', measure: 'usd', limit: 1, spent: COST / 1_000_000, reserved: 0 }],
    });
  });

  it('asks for no longer an answer than is paid for, and then for none', async () => {
    const answers = () => [{ text: 'x' }, { usage: { input: 50, output: 400 } }] as const;
    await using test = await openTestHost({ model: priced(answers) });
    const session = await test.session({ change: { budget: { session: { usd: 0.06 } } } });
    await ask(session);
    const asked = test.model.requests[0]?.maxOutputTokens ?? 0;
    expect(asked).toBeGreaterThan(256);
    expect(asked).toBeLessThan(600);
    await ask(session, 'again');
    expect(test.model.requests).toHaveLength(1);
    expect(await session.summary()).toMatchObject({
      status: 'paused',
      lastOutcome: 'halted',
      error: { code: 'limit_reached' },
      reached: { scope: 'session', measure: 'usd', limit: 0.06 },
    });
    await session.command({
      type: 'budget/raise',
      id: 'cmd_raise',
      scope: 'session',
      measure: 'usd',
      to: 5,
      by: { kind: 'user' },
    });
    expect((await session.summary()).status).toBe('paused');
    await session.continue();
    await session.settled();
    expect(test.model.requests).toHaveLength(2);
    expect((await session.summary()).status).toBe('idle');
  });

  it('keeps what it reserved for a request that the end of its host cut off', async () => {
    const store = intercepted(createMemoryStore(), { [Symbol.asyncDispose]: () => Promise.resolve() });
    const budget = { session: { tokens: 5_000 } };
    let id = '';
    {
      await using test = await openTestHost({
        store,
        model: priced(() => [{ text: 'par' }, { silence: true }]),
      });
      const session = await test.session({ change: { budget } });
      id = session.id;
      await session.send('go');
      await happened(session, 'step.reserved');
    }
    await using test = await openTestHost({ store, model: priced(), recover: 'all' });
    const session = await test.host.session(id);
    const { spending, budget: lines = [], status } = await session.settled();
    expect([status, spending]).toEqual(['idle', { cost: COST, unknown: 1 }]);
    expect(lines[0]?.spent).toBe(60);
    expect(lines[0]?.reserved).toBeGreaterThan(1_000);
  });

  it('loses nothing to a request that its provider refused', async () => {
    const answers = [[{ fail: { message: 'no', retryable: false } }], ANSWER] as const;
    await using test = await openTestHost({ model: priced(answers) });
    const session = await test.session({ change: { budget: { session: { usd: 1 } } } });
    await ask(session);
    expect(await session.summary()).toMatchObject({
      spending: { cost: 0, unknown: 0 },
      budget: [{ spent: 0, reserved: 0 }],
    });
  });

  it('knows what an answer cost that was broken off: nobody does', async () => {
    const answers = [[{ text: 'so' }, { fail: { message: 'broken', retryable: false } }]] as const;
    await using test = await openTestHost({ model: priced(answers) });
    const session = await test.session({ change: { budget: { session: { usd: 1 } } } });
    await ask(session);
    const { spending, budget: [line] = [] } = await session.summary();
    expect(spending).toEqual({ cost: 0, unknown: 1 });
    expect(line?.reserved).toBeGreaterThan(0.1);
  });
});

describe('a model whose price nobody knows', () => {
  it('is refused when money is limited, before there is a session', async () => {
    await using test = await openTestHost({ model: unpriced() });
    const create = test.session({ change: { budget: { subtree: { usd: 1 } } } });
    await expect(create).rejects.toMatchObject({ code: 'invalid_params', data: { model: 'scripted/model' } });
    expect((await test.host.list({ limit: 10 })).sessions).toEqual([]);
  });

  it('may be allowed; its cost is unknown, not nothing', async () => {
    await using test = await openTestHost({ model: unpriced() });
    const session = await test.session({
      change: { budget: { subtree: { usd: 1 }, unknownPrice: 'allow' } },
    });
    await ask(session);
    expect(await session.summary()).toMatchObject({
      status: 'idle',
      spending: { cost: 0, unknown: 1 },
      usage: USAGE,
    });
  });
});

it('a budget that is none is refused', async () => {
  await using test = await openTestHost({ model: priced() });
  await expect(test.session({ change: { budget: { turn: { usd: -1 } } } })).rejects.toMatchObject({
    code: 'invalid_params',
    message: expect.stringContaining('budget.turn.usd') as unknown,
  });
});

it('without a budget nothing is reserved, and the cost is known all the same', async () => {
  await using test = await openTestHost({ model: priced() });
  const session = await test.session();
  await ask(session);
  expect((await journal(test.store, session.id)).map(({ type }) => type)).not.toContain('step.reserved');
  expect(test.model.requests[0]?.maxOutputTokens).toBeUndefined();
  expect((await session.summary()).spending).toEqual({ cost: COST, unknown: 0 });
});

it('working time is over while the model is asked: it is stopped, and what it said is kept', async () => {
  await using test = await openTestHost({ model: priced(() => [{ text: 'half' }, { silence: true }]) });
  const session = await test.session({ change: { budget: { turn: { wallMs: 5_000 } } } });
  await session.send('go');
  await test.clock.advance(5_000);
  expect(await session.settled()).toMatchObject({ status: 'paused', reached: { measure: 'wallMs' } });
  const events = await journal(test.store, session.id);
  expect(events.find(({ type }) => type === 'text.ended')?.data).toMatchObject({
    text: 'half',
    interrupted: true,
  });
});

describe('a family with one budget', () => {
  const family = builtinTools().filter(({ kind }) => kind !== undefined);
  const spawn = (prompt: string) => ({ call: 'spawn', args: { prompt } });
  const costing = (output: number) => ({ usage: { input: 50, output } });

  /** The one at the top starts two children, of which `greedy` wants more than its share. */
  function answers({ messages }: ModelRequest, _n: number): ScriptAnswer {
    const said = messages.map(({ parts }) => JSON.stringify(parts)).join(' ');
    if (said.includes('go'))
      return messages.length === 1
        ? [spawn('modest'), spawn('greedy'), costing(10)]
        : [{ text: 'both heard' }, costing(10)];
    if (said.includes('modest')) return [{ text: 'little' }, costing(10)];
    return [{ call: 'message', args: { to: 'nobody', text: 'x' } }, costing(1_000)];
  }

  it('stops the child that reaches its share; the others go on, and the sum never passes the limit', async () => {
    const model = priced(answers);
    await using test = await openTestHost({ model, tools: family });
    const session = await test.session({ change: { budget: { subtree: { usd: 0.9 } } } });
    await ask(session);
    const { sessions } = await test.host.list({ limit: 10 });
    const [modest, greedy] = ['modest', 'greedy'].map((title) => sessions.find((row) => row.title === title));
    expect(modest).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
    expect(greedy).toMatchObject({ status: 'paused', lastOutcome: 'halted', reached: { scope: 'subtree' } });
    const results = (await journal(test.store, session.id)).flatMap((event) =>
      event.type === 'tool.finished' ? [`${event.data.status}: ${event.data.output.text}`] : [],
    );
    expect(results.toSorted()).toEqual([
      expect.stringMatching(/^error: .*halted.*budget of the subtree is reached/),
      'ok: little',
    ]);
    const row = await session.summary();
    const total = sessions.reduce((sum, { spending }) => sum + (spending?.cost ?? 0), 0);
    expect((row.spending?.cost ?? 0) + (row.spendingBelow?.cost ?? 0)).toBe(total);
    expect(row).toMatchObject({
      status: 'idle',
      lastOutcome: 'completed',
      budget: [{ scope: 'subtree', spent: total / 1_000_000, reserved: 0 }],
    });
    expect(total).toBeLessThanOrEqual(900_000);
    expect(total).toBeGreaterThan(200_000);
  });

  it('a child that has answered is given no more by a message', async () => {
    await using test = await openTestHost({ model: priced(answers), tools: family });
    const session = await test.session({ change: { budget: { subtree: { usd: 0.9 } } } });
    await ask(session);
    const { sessions } = await test.host.list({ limit: 10 });
    const modest = await test.host.session(sessions.find(({ title }) => title === 'modest')?.session ?? '');
    const before = test.model.requests.length;
    await ask(modest, 'more');
    expect(await modest.summary()).toMatchObject({ status: 'paused', reached: { scope: 'subtree' } });
    expect(test.model.requests.length).toBe(before);
  });
});
