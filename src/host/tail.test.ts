import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { openTestHost } from '../testing/index.ts';
import type { SessionHandle } from './port.ts';

/** Resolves when viewers have been shown this much of the answer. */
async function shown(session: SessionHandle, text: string): Promise<void> {
  for await (const item of session.follow())
    if (item.type === 'delta' && item.offset + item.text.length === text.length) return;
}

it('has streamed text in the store 40 ms after it came', async () => {
  const [more, rest] = [deferred<void>(), deferred<void>()];
  await using test = await openTestHost({
    answers: [[{ text: ['Hel', { wait: more.promise }, 'lo', ', world', { wait: rest.promise }, '.'] }]],
  });
  const session = await test.session();
  const kept = async (): Promise<readonly string[]> =>
    (await test.store.tail('local', session.id)).map(({ text }) => text);
  await session.send('greet');
  await shown(session, 'Hel');
  await test.clock.advance(39);
  expect(await kept()).toEqual([]);
  await test.clock.advance(1);
  expect(await kept()).toEqual(['Hel']);

  await test.clock.advance(1_000);
  more.resolve();
  await shown(session, 'Hello, world');
  expect(await kept()).toEqual(['Hel']);
  await test.clock.advance(40);
  expect(await kept()).toEqual(['Hello, world']);

  rest.resolve();
  await session.settled();
  expect(await kept()).toEqual([]);
});
