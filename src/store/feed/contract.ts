// What the port promises of the feed and of consumers, as tests that every store passes.
import { describe, expect, it } from 'vitest';
import { FEED_UNITS, FEED_WINDOW } from './bounds.ts';
import { codeFrom, group, note, OWNER } from '../fixtures.ts';
import type { FeedQuery, Store } from '../port.ts';

export interface FeedStore {
  /** The store that is open now. */
  readonly store: () => Store;
  readonly reopen: () => Promise<void>;
}

export function feedContract({ store, reopen }: FeedStore): void {
  const append = (...groups: Parameters<typeof group>[]): Promise<unknown> =>
    store().append(groups.map((one) => group(...one)));

  /** All that a consumer would read, `session:seq` each, in pages of `limit`. */
  async function readAll(query: Partial<FeedQuery> = {}): Promise<{ seen: string[]; place: number }> {
    const seen: string[] = [];
    let place = query.after ?? 0;
    for (;;) {
      const page = await store().feed({ owner: OWNER, limit: 2, ...query, after: place });
      seen.push(...page.events.map(({ event }) => `${event.session}:${String(event.seq)}`));
      expect(page.place).toBeGreaterThanOrEqual(place);
      place = page.place;
      if (place === page.head) return { seen, place };
    }
  }

  const consumer = (name: string, place = 0, identity = 'me') => ({
    identity,
    name,
    filter: { types: ['turn.finished'] },
    place,
    createdAt: 5,
  });

  describe('feed', () => {
    it('gives the events of all sessions in the order of their commits, whatever is asked for at once', async () => {
      await append(['ses_a', 0, { count: 2 }], ['ses_b', 0]);
      await append(['ses_a', 2]);
      await append(['ses_b', 1], ['ses_c', 0, { row: { owner: 'other' } }]);
      const all = ['ses_a:1', 'ses_a:2', 'ses_b:1', 'ses_a:3', 'ses_b:2'];
      for (const limit of [1, 2, 100]) expect((await readAll({ limit })).seen).toEqual(all);
      const [first] = (await store().feed({ owner: OWNER, after: 0, limit: 1 })).events;
      expect(first?.event).toEqual(note('ses_a', 1));
      expect((await readAll({ owner: 'other' })).seen).toEqual(['ses_c:1']);
    });

    it('is narrowed by sessions, folder and types, and moves on over what is not wanted', async () => {
      await append(['ses_a', 0, { count: 2 }], ['ses_b', 0, { row: { folder: '/other' } }]);
      const { place } = await readAll();
      const cases: readonly [narrow: Partial<FeedQuery>, seen: readonly string[]][] = [
        [{ sessions: ['ses_b'] }, ['ses_b:1']],
        [{ sessions: [] }, []],
        [{ folder: '/other' }, ['ses_b:1']],
        [{ types: ['context.added'] }, ['ses_a:1', 'ses_a:2', 'ses_b:1']],
        [{ types: ['turn.finished'] }, []],
        [{ types: ['context.added'], folder: '/work' }, ['ses_a:1', 'ses_a:2']],
      ];
      for (const [narrow, seen] of cases) expect(await readAll(narrow)).toEqual({ seen, place });
    });

    it('looks at a bounded number of places and bytes for one page', async () => {
      await append(['ses_a', 0, { count: FEED_WINDOW + 5 }]);
      const none = await store().feed({ owner: OWNER, after: 0, limit: 5, types: ['none'] });
      expect(none).toMatchObject({ events: [], place: FEED_WINDOW, head: FEED_WINDOW + 5 });
      const large = 'x'.repeat(FEED_UNITS);
      await append(['ses_b', 0, { events: [note('ses_b', 1, large), note('ses_b', 2)] }]);
      const page = await store().feed({ owner: OWNER, after: FEED_WINDOW + 5, limit: 5 });
      expect(page.events.map(({ event }) => event.seq)).toEqual([1]);
      expect(page.place).toBeLessThan(page.head);
    });

    it('never gives a place twice, also when the last events are erased', async () => {
      await append(['ses_a', 0, { count: 3 }]);
      await append(['ses_b', 0, { count: 2 }]);
      const before = await readAll();
      await store().erase(OWNER, 'ses_b');
      await store().erase(OWNER, 'ses_a');
      expect(await readAll()).toEqual({ seen: [], place: before.place });
      await reopen();
      await append(['ses_c', 0]);
      expect((await readAll({ after: before.place })).seen).toEqual(['ses_c:1']);
    });

    it('says how far everyone was told, so that who listens from there on misses nothing', async () => {
      await append(['ses_a', 0, { count: 2 }]);
      const { place: before } = await readAll();
      expect(store().place()).toBe(before);
      const told: string[] = [];
      using _ = store().onHeads((heads) =>
        told.push(...heads.map(({ session, seq }) => `${session}:${String(seq)}`)),
      );
      await Promise.all([append(['ses_a', 2]), append(['ses_b', 0])]);
      expect(store().place()).toBe((await readAll()).place);
      await store().erase(OWNER, 'ses_b');
      expect(told.toSorted()).toEqual(['ses_a:3', 'ses_b:0', 'ses_b:1']);
      const after = store().place();
      await reopen();
      expect(store().place()).toBe(after);
    });

    it('tells which sessions moved or were erased behind a place, and when it cannot', async () => {
      await append(['ses_a', 0], ['ses_b', 0], ['ses_c', 0]);
      const { place } = await readAll();
      expect(await store().moved(OWNER, place)).toEqual({ sessions: [], erased: [] });
      await append(['ses_b', 1]);
      await store().erase(OWNER, 'ses_c');
      expect(await store().moved(OWNER, place)).toEqual({ sessions: ['ses_b'], erased: ['ses_c'] });
      expect(await store().moved('other', place)).toEqual({ sessions: [], erased: [] });
      expect(await store().moved(OWNER, 10 ** 9)).toBeUndefined();
    });
  });

  describe('consumers', () => {
    it('are kept over a reopen, each with its place, which only grows', async () => {
      await append(['ses_a', 0, { count: 3 }]);
      const { place } = await readAll();
      expect(await store().keepConsumer(consumer('one'))).toEqual(consumer('one'));
      await store().keepConsumer(consumer('two', 10 ** 9));
      const acked = { ...consumer('one', place), ackedAt: 7 };
      expect(await store().ackConsumer({ identity: 'me', name: 'one', place, at: 7 })).toEqual(acked);
      expect(await store().ackConsumer({ identity: 'me', name: 'one', place: 1, at: 8 })).toEqual(acked);
      await reopen();
      expect(await store().consumers('me')).toEqual([acked, consumer('two', place)]);
      expect(await store().keepConsumer({ ...consumer('one'), filter: {} })).toEqual(acked);
    });

    it('are of one identity, and refuse a name that is not there and a place that is ahead', async () => {
      await append(['ses_a', 0]);
      await store().keepConsumer(consumer('one'));
      await store().keepConsumer(consumer('one', 0, 'you'));
      const ack = (name: string, place: number): Promise<string> =>
        codeFrom(store().ackConsumer({ identity: 'me', name, place, at: 1 }));
      expect(await ack('none', 0)).toBe('not_found');
      expect(await ack('one', 10 ** 9)).toBe('invalid_params');
      expect(await store().dropConsumer('me', 'one')).toBe(true);
      expect(await store().dropConsumer('me', 'one')).toBe(false);
      expect((await store().consumers()).map(({ identity }) => identity)).toEqual(['you']);
    });
  });
}
