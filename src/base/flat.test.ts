import { expect, it } from 'vitest';
import { deferred, Flat } from './index.ts';

async function* batchesOf<T>(...batches: readonly (readonly T[])[]): AsyncGenerator<readonly T[]> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it.each([
  [
    [[1, 2], [], [3]],
    [1, 2, 3],
  ],
  [[], []],
  [[[], []], []],
])('gives the items of %j', async (batches, items) => {
  expect(await all(new Flat(batchesOf(...batches)))).toEqual(items);
});

it('ends after the item that is the last, and closes its source', async () => {
  let closed = false;
  async function* source(): AsyncGenerator<readonly number[]> {
    try {
      yield await Promise.resolve([1, 2, 3]);
      yield [4];
    } finally {
      closed = true;
    }
  }
  expect(await all(new Flat(source(), (item) => item === 2))).toEqual([1, 2]);
  expect(closed).toBe(true);
});

it('answers several at once in their order, with one question to its source at a time', async () => {
  const gate = deferred<void>();
  let asked = 0;
  let most = 0;
  async function* source(): AsyncGenerator<readonly number[]> {
    for (const batch of [[1], [2], [3]]) {
      most = Math.max(most, ++asked);
      await gate.promise;
      asked--;
      yield batch;
    }
  }
  const items = new Flat(source());
  const answers = [items.next(), items.next(), items.next(), items.next()];
  gate.resolve();
  expect((await Promise.all(answers)).map(({ value }) => value as number | undefined)).toEqual([
    1,
    2,
    3,
    undefined,
  ]);
  expect(most).toBe(1);
});

it('is over when its source has failed', async () => {
  async function* source(): AsyncGenerator<readonly number[]> {
    yield await Promise.resolve([1]);
    throw new Error('no more');
  }
  const items = new Flat(source());
  await items.next();
  await expect(items.next()).rejects.toThrow('no more');
  expect(await items.next()).toMatchObject({ done: true });
});
