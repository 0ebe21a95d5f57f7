// Cancel is recorded and answered whatever is going on, every call gets its true ending, and a host that dies right behind the
// answer leaves nothing that a later host would continue.
import { describe, expect, it } from 'vitest';
import { scriptedModel, type ScriptAnswer } from '../model/index.ts';
import type { SessionEvent } from '../protocol/index.ts';
import { createMemoryStore, memoryData, type Store } from '../store/index.ts';
import { blockingTool, faultyStore, openTestHost, testTool, type TestHost } from '../testing/index.ts';
import type { SessionHandle } from './port.ts';

const NEVER = new Promise<never>(() => undefined);

interface Scene {
  readonly name: string;
  readonly answer: ScriptAnswer;
  readonly mode?: 'ask' | 'full';
  /** Resolves when the moment to cancel has come. */
  readonly moment: (test: TestHost, session: SessionHandle, tools: Tools) => Promise<unknown>;
  /** How each call ends, in the order of the calls. */
  readonly outcomes: readonly string[];
  readonly text?: string;
}

interface Tools {
  readonly block: ReturnType<typeof blockingTool>;
  readonly beside: ReturnType<typeof blockingTool>;
}

async function seen(session: SessionHandle, wanted: (item: { type: string }) => boolean): Promise<void> {
  for await (const item of session.follow()) if (wanted(item)) return;
}

const SCENES: readonly Scene[] = [
  {
    name: 'a silent provider',
    answer: [{ text: [{ wait: NEVER }] }],
    moment: (test, session) =>
      Promise.all([seen(session, ({ type }) => type === 'step.started'), asked(test)]),
    outcomes: [],
  },
  {
    name: 'the middle of a text',
    answer: [{ text: ['Once upon ', { wait: NEVER }] }],
    moment: (_test, session) => seen(session, ({ type }) => type === 'delta'),
    outcomes: [],
    text: 'Once upon ',
  },
  {
    name: 'the middle of a tool',
    answer: [
      { call: 'block', args: {} },
      { call: 'quick', args: {} },
    ],
    moment: (_test, _session, { block }) => block.started(),
    outcomes: ['cancelled', 'cancelled'],
  },
  {
    name: 'a sequential batch behind a call that is done',
    answer: [
      { call: 'quick', args: {} },
      { call: 'block', args: {} },
    ],
    moment: (_test, _session, { block }) => block.started(),
    outcomes: ['ok', 'cancelled'],
  },
  {
    name: 'a parallel batch',
    answer: [
      { call: 'beside', args: {} },
      { call: 'look', args: {} },
    ],
    moment: (_test, session, { beside }) =>
      Promise.all([beside.started(), seen(session, ({ type }) => type === 'tool.finished')]),
    outcomes: ['cancelled', 'ok'],
  },
  {
    name: 'a call that waits for an approval',
    mode: 'ask',
    answer: [{ call: 'quick', args: {} }],
    moment: (_test, session) => seen(session, ({ type }) => type === 'approval.requested'),
    outcomes: ['cancelled'],
  },
  {
    name: 'a wait for the next attempt',
    answer: [{ fail: { message: 'busy', retryable: true, retryAfterMs: 5_000 } }],
    moment: (_test, session) => seen(session, ({ type }) => type === 'step.retried'),
    outcomes: [],
  },
];

async function asked({ model }: TestHost): Promise<void> {
  while (model.requests.length === 0) await new Promise(setImmediate);
}

function open(scene: Scene, store: Store, tools: Tools): Promise<TestHost> {
  return openTestHost({
    store,
    model: scriptedModel({ answers: () => scene.answer }),
    profile: { mode: scene.mode ?? 'full' },
    tools: [
      { ...tools.block, name: 'block' },
      { ...tools.beside, name: 'beside', access: 'read', parallel: true },
      testTool({ name: 'quick', access: 'write' }),
      testTool({ name: 'look', parallel: true }),
    ],
  });
}

async function journal(store: Store, session: string): Promise<readonly SessionEvent[]> {
  return (await store.read('local', session, { after: 0, limit: 1_000 })).events;
}

function outcomes(events: readonly SessionEvent[]): string[] {
  const requested = events.flatMap((event) => (event.type === 'tool.requested' ? [event.call] : []));
  return requested.map((call) => {
    const finished = events.filter((event) => event.type === 'tool.finished' && event.call === call);
    return finished.map((event) => (event.type === 'tool.finished' ? event.data.status : '')).join();
  });
}

describe.each(SCENES)('cancel during $name', (scene) => {
  it('ends the turn, with the right outcome for every call', async () => {
    const tools = { block: blockingTool(), beside: blockingTool() };
    await using test = await open(scene, createMemoryStore(), tools);
    const session = await test.session();
    await session.send('go');
    await scene.moment(test, session, tools);
    await session.send('and then', { delivery: 'queue' });
    await session.cancel('enough');
    expect(await session.settled()).toMatchObject({
      status: 'idle',
      lastOutcome: 'cancelled',
      queued: 1,
      held: 1,
    });
    const events = await journal(test.store, session.id);
    expect(outcomes(events)).toEqual(scene.outcomes);
    if (scene.text !== undefined)
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'text.ended',
          data: expect.objectContaining({ text: scene.text, interrupted: true }) as unknown,
        }),
      );
    expect(test.host.inspect()).toMatchObject({ turns: { inUse: 0, waiting: 0 } });
  });

  it('is not continued by a host that comes after a death right behind the answer', async () => {
    const tools = { block: blockingTool(), beside: blockingTool() };
    const data = memoryData();
    const plan = { at: Infinity, fault: 'die' as const };
    const store = faultyStore(createMemoryStore(data), plan);
    const first = await open(scene, store, tools);
    const session = await first.session();
    await session.send('go');
    await scene.moment(first, session, tools);
    const cancelled = session.cancel();
    plan.at = store.calls + 2;
    await cancelled;
    void session.addContext('something that makes the store die, when the cancel left nothing to do');
    await store.dead;
    await using second = await open(scene, createMemoryStore(data), {
      block: blockingTool(),
      beside: blockingTool(),
    });
    const again = await second.host.session(session.id);
    const recorded = (await journal(second.store, session.id)).some(
      ({ type }) => type === 'turn.cancel-requested',
    );
    expect(recorded).toBe(true);
    expect(await again.settled()).toMatchObject({ status: 'idle', lastOutcome: 'cancelled' });
    expect(second.model.requests).toHaveLength(0);
    for (const outcome of outcomes(await journal(second.store, session.id)))
      expect(['ok', 'cancelled', 'unknown']).toContain(outcome);
  });
});

it('cancels the turn that it names, and no other', async () => {
  await using test = await openTestHost({
    model: scriptedModel({ answers: () => [{ text: 'on it' }, { wait: NEVER }] }),
  });
  const session = await test.session();
  const { turn: first = '' } = await session.send('go');
  await session.cancel('enough', first);
  await session.settled();
  const { turn: second } = await session.send('again');
  await expect(session.cancel('enough', first)).rejects.toMatchObject({ code: 'conflict' });
  expect((await session.cancel('enough', second)).turn).toBe(second);
});
