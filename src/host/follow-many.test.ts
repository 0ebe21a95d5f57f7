// A subtree and the list of all sessions, followed: nothing twice, nothing missed, and little memory for whoever is slow.
import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import type { ListItem, ViewItem } from '../protocol/index.ts';
import { openTestHost, scriptedModel } from '../testing/index.ts';
import { family, openFamily, spawn } from './children.fixture.ts';
import { until } from './fixtures.ts';

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What was shown of each session, checked to be dense from where it began. */
function seqsBySession(items: readonly ViewItem[]): Map<string, number[]> {
  const seqs = new Map<string, number[]>();
  for (const { type, session, seq } of items)
    if (type !== 'delta') seqs.set(session, [...(seqs.get(session) ?? []), seq]);
  return seqs;
}

const PLAN = {
  go: [[spawn('a'), spawn('b')]],
  a: [[spawn('deep')]],
  more: [[spawn('late')]],
};

it('follows a family of three generations, and whoever comes later', async () => {
  await using test = await openFamily(PLAN);
  const session = await test.session();
  const other = await test.session();
  const stop = new AbortController();
  const items: ViewItem[] = [];
  const read = (async () => {
    for await (const item of test.host.followSubtree(session.id, { signal: stop.signal })) items.push(item);
  })();
  await session.send('go');
  await session.settled();
  await other.send('go');
  await session.send('more');
  await session.settled();
  const rows = (await family(test)).filter((row) => row.root === session.id || row.session === session.id);
  const all = rows.reduce((sum, { seq }) => sum + seq, 0);
  while (items.filter(({ type }) => type !== 'delta').length < all) await macrotask();
  stop.abort();
  await read;
  expect(rows).toHaveLength(5);
  const seen = seqsBySession(items);
  for (const row of rows)
    expect(seen.get(row.session)).toEqual(Array.from({ length: row.seq }, (_, n) => n + 1));
  expect(seen.size).toBe(5);
  for (const row of rows.slice(1)) {
    const named = items.findIndex((item) => item.type === 'child.started' && item.data.child === row.session);
    expect(named).toBeLessThan(items.findIndex((item) => item.session === row.session));
  }
});

it('goes on from the places of a family, and tells children that were not seen from their start', async () => {
  await using test = await openFamily(PLAN);
  const session = await test.session();
  await session.send('go');
  await session.settled();
  const rows = await family(test);
  const seen = rows.filter(({ depth = 0 }) => depth < 2);
  const places = Object.fromEntries(seen.map((row) => [row.session, { after: row.seq - 1 }]));
  const [deep] = rows.filter(({ depth }) => depth === 2);
  const wanted = (deep?.seq ?? 0) + seen.length;
  let count = 0;
  const items = await until(test.host.followSubtree(session.id, { places }), () => ++count === wanted);
  const told = seqsBySession(items);
  for (const row of seen) expect(told.get(row.session)).toEqual([row.seq]);
  expect(told.get(deep?.session ?? '')).toHaveLength(deep?.seq ?? 0);
  const stray = test.host.followSubtree(session.id, { places: { ses_other: { after: 1 } } });
  await expect(until(stray, () => true)).rejects.toMatchObject({ code: 'invalid_params' });
});

it('keeps little for a slow reader of a family, and leaves nothing out', async () => {
  const gate = deferred<void>();
  const text = 'x'.repeat(10_000);
  const model = scriptedModel({
    answers: () => [{ text: [{ wait: gate.promise }, ...Array<string>(60).fill(text)] }],
  });
  await using test = await openTestHost({ model });
  const session = await test.session();
  const items = test.host.followSubtree(session.id)[Symbol.asyncIterator]();
  await items.next();
  await session.send('one');
  await session.send('two');
  gate.resolve();
  await session.settled();
  expect(test.host.inspect().viewersBehind).toBeGreaterThan(0);
  let seq = 1;
  const { seq: head } = await session.summary();
  while (seq < head) {
    const { value } = (await items.next()) as { value: ViewItem };
    if (value.type === 'delta') continue;
    expect(value.seq).toBe(++seq);
  }
  await items.return?.();
  expect(test.host.inspect().viewers).toBe(0);
});

it('tells the list once, then each session as it is when it is told', async () => {
  await using test = await openTestHost({ model: scriptedModel({ answers: () => [{ text: ['Hello'] }] }) });
  const sessions = await Promise.all(Array.from({ length: 30 }, () => test.session()));
  const items = test.host.followList()[Symbol.asyncIterator]() as AsyncIterator<ListItem, void>;
  const read = async (): Promise<ListItem[]> => {
    const seen: ListItem[] = [];
    for (;;) {
      const { value } = await items.next();
      if (value !== undefined) seen.push(value);
      if (value?.type === 'current') return seen;
    }
  };
  const whole = await read();
  expect(whole[0]).toEqual({ type: 'whole' });
  expect(whole.filter(({ type }) => type === 'row')).toHaveLength(30);
  for (let n = 0; n < 40; n++) await Promise.all(sessions.map((session) => session.addContext('x')));
  const changes = await read();
  // A thousand changes while nobody read: one row each, with the last state.
  expect(changes.filter(({ type }) => type === 'row')).toHaveLength(30);
  for (const item of changes) if (item.type === 'row') expect(item.row.seq).toBe(41);
  const [first] = sessions;
  const place = changes.at(-1)?.type === 'current' ? changes.at(-1) : undefined;
  await test.host.erase(first?.id ?? '');
  expect(await read()).toMatchObject([{ type: 'removed', session: first?.id }, { type: 'current' }]);
  await items.return?.();
  const since = test.host.followList(place as { place: number })[Symbol.asyncIterator]();
  expect(await since.next()).toMatchObject({ value: { type: 'removed', session: first?.id } });
  await since.return?.();
  const unknown = test.host.followList({ place: 10 ** 9 })[Symbol.asyncIterator]();
  expect(await unknown.next()).toMatchObject({ value: { type: 'whole' } });
  await unknown.return?.();
});

it('ends who follows the list when the host closes', async () => {
  const test = await openTestHost();
  const items = test.host.followList()[Symbol.asyncIterator]() as AsyncIterator<ListItem, undefined>;
  while ((await items.next()).value?.type !== 'current');
  const next = items.next();
  await test[Symbol.asyncDispose]();
  expect((await next).done).toBe(true);
});
