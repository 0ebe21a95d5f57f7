import { describe, expect, it } from 'vitest';
import { deferred, systemClock, type Clock } from '../base/index.ts';
import type { ViewItem } from '../protocol/index.ts';
import { openTestHost } from '../testing/index.ts';
import { pollSession } from './poll.ts';

/** Polls as often as the loop turns. */
const eager: Clock = {
  ...systemClock,
  after(_delayMs, fire) {
    const turn = setImmediate(fire);
    return { [Symbol.dispose]: () => clearImmediate(turn) };
  },
};

async function take(items: AsyncIterator<ViewItem>, until: (item: ViewItem) => boolean): Promise<ViewItem[]> {
  const taken: ViewItem[] = [];
  for (;;) {
    const next = await items.next();
    if (next.done === true) return taken;
    taken.push(next.value);
    if (until(next.value)) return taken;
  }
}

describe('pollSession', () => {
  it('gives every event once, in order, from wherever it begins', async () => {
    await using test = await openTestHost({ answers: [[{ text: 'one' }], [{ text: 'two' }]] });
    const session = await test.session();
    for await (const _item of session.run('first'));
    const stop = new AbortController();
    const items = pollSession(test.store, {
      session: session.id,
      after: 0,
      signal: stop.signal,
      clock: eager,
    });
    const first = await take(items, (item) => item.type === 'turn.finished');
    for await (const _item of session.run('second'));
    const second = await take(items, (item) => item.type === 'turn.finished');
    const events = [...first, ...second].filter((item) => item.type !== 'delta');
    expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => index + 1));
    stop.abort();
    expect((await items.next()).done).toBe(true);
  });

  it('shows the durable text of a part that is still open', async () => {
    const gate = deferred<void>();
    await using test = await openTestHost({
      answers: [[{ text: ['begun', { wait: gate.promise }, ' ended'] }]],
    });
    const session = await test.session();
    await session.send('go');
    const stop = new AbortController();
    const items = pollSession(test.store, {
      session: session.id,
      after: 0,
      signal: stop.signal,
      clock: eager,
    });
    const shown = deferred<void>();
    const rest = take(items, (item) => {
      if (item.type === 'delta') shown.resolve();
      return item.type === 'turn.finished';
    });
    await test.clock.advance(1000);
    await shown.promise;
    gate.resolve();
    expect((await rest).find((item) => item.type === 'text.ended')?.data).toMatchObject({
      text: 'begun ended',
    });
    stop.abort();
  });
});
