// The store of a host with children dies at its k-th call, or fails there and works again: for every k, before or after the call
// took effect. Afterwards parents and children agree: every child exists once, and ended as its parent says.
import { describe, expect, it } from 'vitest';
import { scriptedModel, type ModelRequest, type ScriptAnswer } from '../../src/model/index.ts';
import { codeOf, type SessionEvent } from '../../src/protocol/index.ts';
import { createMemoryStore, memoryData, type Store } from '../../src/store/index.ts';
import { faultyStore, openTestHost, testTool, type TestHost } from '../../src/testing/index.ts';
import { builtinTools } from '../../src/tool/index.ts';
import type { SessionHandle } from '../../src/host/index.ts';
import { allEvents, violations } from '../oracle.ts';

const FAMILY = builtinTools().filter(({ kind }) => kind !== undefined);

/** More calls than any of these lives needs. */
const MOST_CALLS = 120;

const spawn = (prompt: string) => ({ call: 'spawn', args: { prompt } });
const write = { call: 'write', args: {} };

const PLAN: Readonly<Record<string, readonly ScriptAnswer[]>> = {
  go: [[spawn('two'), spawn('three')]],
  two: [[spawn('three')]],
  three: [[write]],
};

function answer({ messages }: ModelRequest): ScriptAnswer {
  const first = messages[0]?.parts[0];
  const task = first?.type === 'text' ? (first.text.split('\n').at(-1) ?? '') : '';
  return PLAN[task]?.[messages.filter(({ role }) => role === 'assistant').length] ?? [{ text: `${task}!` }];
}

interface Life {
  readonly name: string;
  readonly mode: 'ask' | 'full';
  readonly drive: (session: SessionHandle, test: TestHost) => Promise<unknown>;
}

const LIVES: readonly Life[] = [
  { name: 'left alone', mode: 'full', drive: (session) => session.settled() },
  {
    name: 'cancelled',
    mode: 'full',
    drive: async (session) => {
      await until(session, 'child.started');
      await session.cancel('enough');
      await until(session, 'turn.finished');
    },
  },
  {
    name: 'cancelled while a child waits for a human',
    mode: 'ask',
    drive: async (session) => {
      await session.settled();
      await session.cancel('enough');
      await until(session, 'turn.finished');
    },
  },
];

async function until(session: SessionHandle, type: SessionEvent['type']): Promise<void> {
  for await (const item of session.follow()) if (item.type === type) return;
}

interface World {
  readonly life: Life;
  /** How often each call's tool ran. */
  readonly runs: Map<string, number>;
  readonly recover?: 'all' | 'lazy';
}

function openOn(store: Store, { life: { mode }, runs, recover = 'all' }: World): Promise<TestHost> {
  return openTestHost({
    store,
    recover,
    model: scriptedModel({ answers: answer }),
    profile: { mode },
    tools: [
      ...FAMILY,
      testTool({
        name: 'write',
        access: 'write',
        run: (_args, { call, session }) => {
          runs.set(`${session} ${call}`, (runs.get(`${session} ${call}`) ?? 0) + 1);
          return 'done';
        },
      }),
    ],
  });
}

/** Every session of the store, once whoever works has ended and whoever asks was answered. */
async function finish(test: TestHost): Promise<readonly (readonly SessionEvent[])[]> {
  for (;;) {
    for (const { session, call } of await test.host.inbox())
      await (await test.host.session(session)).approve(call).catch(() => undefined);
    await test.clock.advance(1_000);
    const { sessions } = await test.host.list({ limit: 100 });
    if (sessions.some(({ status }) => status === 'running' || status === 'waiting')) continue;
    return Promise.all(sessions.map(({ session }) => allEvents(test.store, session)));
  }
}

/** What parents and children say of each other and do not both say. */
function disagreements(journals: readonly (readonly SessionEvent[])[]): string[] {
  const problems: string[] = [];
  const known = new Set<string>();
  for (const event of journals.flat()) {
    if (event.type === 'child.started') known.add(event.data.child);
    if (event.type !== 'child.finished') continue;
    const { child, outcome } = event.data;
    const end = journals
      .find(([first]) => first?.session === child)
      ?.find(({ type }) => type === 'turn.finished');
    const said = end?.type === 'turn.finished' ? end.data.outcome : 'cancelled';
    if (said !== outcome) problems.push(`${child} ended ${said}, its parent says ${outcome}`);
  }
  const finished = journals.flat().filter(({ type }) => type === 'child.finished').length;
  if (finished !== known.size) problems.push(`${String(known.size)} children, ${String(finished)} ends`);
  for (const [first] of journals)
    if (first?.type === 'session.created' && first.data.parent !== undefined && !known.has(first.session))
      problems.push(`${first.session} has a parent that does not know it`);
  return problems;
}

function check(journals: readonly (readonly SessionEvent[])[], runs: ReadonlyMap<string, number>): void {
  expect(disagreements(journals)).toEqual([]);
  for (const events of journals) {
    const id = events[0]?.session ?? '';
    const own = [...runs].flatMap(([key, n]) =>
      key.startsWith(`${id} `) ? [[key.slice(id.length + 1), n] as const] : [],
    );
    expect(violations(events, new Map(own))).toEqual([]);
  }
}

describe.each(LIVES)('a family that is $name', (life) => {
  it.each([false, true])(
    'agrees after a death at any call of the store (the call took effect: %s)',
    async (takesEffect) => {
      let deaths = 0;
      for (let at = 1; at <= MOST_CALLS; at++) {
        const data = memoryData();
        const runs = new Map<string, number>();
        const store = faultyStore(createMemoryStore(data), { at, fault: 'die', takesEffect });
        const test = await Promise.race([openOn(store, { life, runs }), store.dead]);
        const lived =
          test &&
          test.session().then(async (session) => {
            await session.send('go');
            await life.drive(session, test);
            await test.host.close();
            return 'ended';
          });
        const ended = await Promise.race([lived, store.dead]);
        await using next = await openOn(createMemoryStore(data), { life, runs });
        check(await finish(next), runs);
        if (ended === 'ended') break;
        deaths = at;
      }
      expect(deaths).toBeGreaterThan(20);
      expect(deaths).toBeLessThan(MOST_CALLS);
    },
  );

  it.each([false, true])(
    'agrees after a failure at any call of the store (the call took effect: %s)',
    async (takesEffect) => {
      let failures = 0;
      for (let at = 1; at <= MOST_CALLS; at++) {
        const runs = new Map<string, number>();
        const store = faultyStore(createMemoryStore(memoryData()), {
          at,
          fault: 'fail',
          takesEffect,
          times: 3,
        });
        await using test = await openOn(store, { life, runs, recover: 'lazy' });
        const session = await again(test, () => test.session({ key: 'one' }));
        await again(test, () => session.send('go', { id: 'cmd_go' }));
        // What it waits for may never come; the end of the host ends it.
        void life.drive(session, test).catch(codeOf);
        check(await again(test, () => finish(test)), runs);
        if (store.calls < at) break;
        failures = at;
      }
      expect(failures).toBeGreaterThan(20);
      expect(failures).toBeLessThan(MOST_CALLS);
    },
  );
});

/** As a client would: the store was in trouble, so the same request once more. */
async function again<T>(test: TestHost, request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      expect(error).toMatchObject({ code: 'store_unavailable' });
      await test.clock.advance(1_000);
    }
  }
}
