// A viewer that joins at any moment with any cursor sees every event once and in order, and the text of what streams without a
// gap: across sleep, wake, overflow and crash.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deferred, invariant } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import type { ViewItem } from '../protocol/index.ts';
import { createMemoryStore, memoryData } from '../store/index.ts';
import { faultyStore, openTestHost, type TestHost } from '../testing/index.ts';
import { intercepted, journal, until } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function macrotasks(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await macrotask();
}

/** What a viewer showed, checked piece by piece. */
class Watcher {
  readonly seqs: number[] = [];
  readonly #parts = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #stop = new AbortController();
  readonly done: Promise<void>;

  constructor(session: SessionHandle, options: { cursor?: { seq: number; hash: string }; slowness: number }) {
    const { cursor } = options;
    const signal = this.#stop.signal;
    this.done = this.#read(
      session.follow(cursor === undefined ? { signal } : { cursor, signal }),
      options.slowness,
    );
    this.done.catch(() => undefined);
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.done;
  }

  async #read(items: AsyncIterable<ViewItem>, slowness: number): Promise<void> {
    for await (const item of items) {
      if (item.type === 'delta') this.#show(item);
      else this.#take(item);
      await macrotasks(slowness);
    }
  }

  #show({ part, offset, text, seq }: Extract<ViewItem, { type: 'delta' }>): void {
    invariant(!this.#ended.has(part), `${part} was shown after its end`);
    invariant((this.seqs.at(-1) ?? 0) <= seq, `a frame of ${String(seq)} behind ${String(this.seqs.at(-1))}`);
    const shown = this.#parts.get(part) ?? '';
    invariant(offset === shown.length, `${part}: offset ${String(offset)} at ${String(shown.length)}`);
    this.#parts.set(part, shown + text);
  }

  #take(event: Exclude<ViewItem, { type: 'delta' }>): void {
    this.seqs.push(event.seq);
    if (event.type !== 'text.ended') return;
    const shown = this.#parts.get(event.data.part) ?? '';
    const { text, interrupted = false } = event.data;
    const same = text.startsWith(shown) || (interrupted && shown.startsWith(text));
    invariant(same, `shown ${shown}, but the text is ${text}`);
    this.#ended.add(event.data.part);
  }
}

type Act =
  | { readonly do: 'send' | 'context' | 'sleep' | 'crash' | 'big' }
  | { readonly do: 'step'; readonly times: number }
  | { readonly do: 'watch'; readonly from: number; readonly slowness: number };

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Act>({ do: 'send' }, { do: 'context' }, { do: 'sleep' }) },
    { weight: 1, arbitrary: fc.constantFrom<Act>({ do: 'crash' }, { do: 'big' }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('step' as const), times: fc.nat(12) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('watch' as const), from: fc.nat(20), slowness: fc.nat(3) }),
    },
  ),
  { minLength: 3, maxLength: 20 },
);

/** Two viewers join while the session falls asleep and wakes with a turn. */
const JOINS_AS_IT_WAKES: readonly Act[] = [
  { do: 'sleep' },
  { do: 'watch', from: 0, slowness: 0 },
  { do: 'step', times: 1 },
  { do: 'watch', from: 0, slowness: 0 },
  { do: 'send' },
  { do: 'sleep' },
  { do: 'send' },
  { do: 'step', times: 3 },
  { do: 'watch', from: 0, slowness: 0 },
  { do: 'send' },
  { do: 'send' },
];

class Play {
  readonly watchers: { readonly watcher: Watcher; readonly from: number }[] = [];
  readonly #test: TestHost;
  readonly #session: SessionHandle;
  readonly #crash: () => void;

  constructor(test: TestHost, session: SessionHandle, crash: () => void) {
    this.#test = test;
    this.#session = session;
    this.#crash = crash;
  }

  async act(act: Act): Promise<void> {
    const refused = (): void => undefined;
    switch (act.do) {
      case 'send':
        void this.#session.send('go').catch(refused);
        return;
      case 'context':
        void this.#session.addContext('fact').catch(refused);
        return;
      case 'big':
        void this.#session.addContext('x'.repeat(1_100_000)).catch(refused);
        return;
      case 'crash':
        return this.#crash();
      case 'sleep':
        return this.#test.clock.advance(2_000);
      case 'step':
        return macrotasks(act.times);
      case 'watch':
        return this.#watch(act);
    }
  }

  async #watch({ from, slowness }: Extract<Act, { do: 'watch' }>): Promise<void> {
    const { hash, events } = await this.#test.store.read('local', this.#session.id, {
      after: 0,
      limit: from,
    });
    const cursor = from === 0 ? undefined : { seq: events.length, hash };
    const watcher = new Watcher(this.#session, { slowness, ...(cursor === undefined ? {} : { cursor }) });
    this.watchers.push({ watcher, from: cursor?.seq ?? 0 });
  }
}

describe('a viewer', () => {
  it('sees every event once, in order, and text without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const inner = createMemoryStore();
        let crashing = false;
        const store = intercepted(inner, {
          async append(groups) {
            await macrotask();
            const results = await inner.append(groups);
            const crash = crashing;
            crashing = false;
            invariant(!crash, 'the test says so');
            return results;
          },
          async read(...args) {
            await macrotask();
            return inner.read(...args);
          },
        });
        await using test = await openTestHost({
          store,
          model: scriptedModel({
            answers: () => [
              {
                text: Array.from({ length: 12 }, (_, n) =>
                  n % 2 === 0 ? `${String(n)} ` : { wait: macrotasks(n) },
                ),
              },
            ],
          }),
          limits: { asleepAfterMs: 1_000 },
        });
        const session = await test.session();
        const play = new Play(test, session, () => (crashing = true));
        for (const act of script) await play.act(act);
        do await test.clock.advance(2_000);
        while (test.host.inspect().live > 0);
        const { seq: head } = await session.summary();
        for (const { watcher, from } of play.watchers) {
          while (from + watcher.seqs.length < head) await Promise.race([macrotask(), watcher.done]);
          await watcher.stop();
          expect(watcher.seqs).toEqual(Array.from({ length: head - from }, (_, n) => from + n + 1));
        }
        expect((await journal(inner, session.id)).length).toBe(head);
      }),
      { numRuns: 150, examples: [[JOINS_AS_IT_WAKES]] },
    );
  });

  it('that joins as a session wakes does not see text behind the end of its part', async () => {
    const data = memoryData();
    const plan = { at: Infinity, fault: 'die' as const };
    const dying = faultyStore(createMemoryStore(data), plan);
    const first = await openTestHost({
      store: dying,
      answers: [[{ text: ['begun ', { wait: new Promise(() => undefined) }] }]],
    });
    const { id } = await first.session();
    const begun = await first.host.session(id);
    await begun.send('go');
    await until(begun.follow(), ({ type }) => type === 'delta');
    await first.clock.advance(100);
    plan.at = dying.calls + 1;
    void begun.addContext('x');
    await dying.dead;

    const inner = createMemoryStore(data);
    const go = deferred<void>();
    const store = intercepted(inner, {
      async tail(...args) {
        const tail = await inner.tail(...args);
        await go.promise;
        return tail;
      },
    });
    await using second = await openTestHost({
      store,
      model: scriptedModel({ answers: () => [{ text: 'new' }] }),
    });
    const session = await second.host.session(id);
    const watcher = new Watcher(session, { slowness: 0 });
    await macrotasks(5);
    await session.settled();
    go.resolve();
    const { seq: head } = await session.summary();
    while (watcher.seqs.length < head) await Promise.race([macrotask(), watcher.done]);
    await macrotasks(5);
    await expect(watcher.stop()).resolves.toBeUndefined();
  });

  it('that joins as a session wakes misses no text', async () => {
    const inner = createMemoryStore();
    const [joined, woken, more, rest] = [
      deferred<void>(),
      deferred<void>(),
      deferred<void>(),
      deferred<void>(),
    ];
    const store = intercepted(inner, {
      async tail(...args) {
        joined.resolve();
        await woken.promise;
        return inner.tail(...args);
      },
    });
    await using test = await openTestHost({
      store,
      answers: [[{ text: ['one', { wait: more.promise }, 'two', { wait: rest.promise }] }], [{ text: 'x' }]],
      limits: { asleepAfterMs: 1_000 },
    });
    const session = await test.session();
    await test.clock.advance(2_000);
    const watcher = new Watcher(session, { slowness: 0 });
    await joined.promise;
    await session.send('go');
    await until(session.follow(), ({ type }) => type === 'delta');
    await session.send('and', { delivery: 'steer' });
    woken.resolve();
    await macrotasks(5);
    more.resolve();
    await macrotasks(5);
    rest.resolve();
    const { seq: head } = await session.settled();
    while (watcher.seqs.length < head) await Promise.race([macrotask(), watcher.done]);
    await expect(watcher.stop()).resolves.toBeUndefined();
  });
});
