import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { Opened } from './opened.ts';

function source(): AsyncIterator<number> & { closed: number } {
  let last = 0;
  return {
    closed: 0,
    next: () => Promise.resolve({ done: false, value: ++last }),
    return() {
      this.closed++;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

it('opens when something is asked for, once', async () => {
  let opens = 0;
  const inner = source();
  const opened = new Opened(() => Promise.resolve((opens++, inner)));
  expect(opens).toBe(0);
  expect([await opened.next(), await opened.next()].map(({ value }) => value as number)).toEqual([1, 2]);
  expect(opens).toBe(1);
  await opened.return();
  expect(inner.closed).toBe(1);
  expect((await opened.next()).done).toBe(true);
});

it('closes what is opened after its reader has left', async () => {
  const opening = deferred<AsyncIterator<number>>();
  const inner = source();
  const opened = new Opened(() => opening.promise);
  const next = opened.next();
  await opened.return();
  opening.resolve(inner);
  expect((await next).done).toBe(true);
  expect(inner.closed).toBe(1);
});

it('opens nothing for a reader who left before asking', async () => {
  const opened = new Opened<number>(() => Promise.reject(new Error('opened')));
  await opened.return();
  expect((await opened.next()).done).toBe(true);
});
