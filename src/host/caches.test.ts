// What is kept to be quick belongs to one session: none is ever answered with what was kept for another.
import { expect, it } from 'vitest';
import { scriptedModel } from '../model/index.ts';
import { openTestHost } from '../testing/index.ts';

it('requests of sessions that take turns, of any identity, carry their own messages and their own name for the cache', async () => {
  const model = scriptedModel({ answers: () => [{ text: 'noted' }] });
  await using test = await openTestHost({ model });
  const links = ['ada', 'bob'].map((identity) => test.link(identity));
  const sessions = await Promise.all(
    links.map((link, n) => link.call('session/create', { folder: test.folder, name: `desk-${String(n)}` })),
  );
  for (let turn = 0; turn < 6; turn++)
    for (const [n, { session }] of sessions.entries()) {
      // Ids of commands are of an identity: the same id of two is two commands.
      const id = `cmd_${String(turn)}`;
      const text = `only for ${session}`;
      await links[n]?.call('input/send', { session, id, text, source: { kind: 'user' }, delivery: 'queue' });
      await (await test.host.session(session)).settled();
    }
  expect(model.requests.length).toBe(12);
  for (const { cacheKey, messages } of model.requests) {
    const said = JSON.stringify(messages).match(/only for \w+/g) ?? [];
    expect(new Set(said)).toEqual(new Set([`only for ${cacheKey ?? ''}`]));
  }
});

it('nothing is left of an erased session, and of the others everything', async () => {
  const model = scriptedModel({ answers: () => [{ text: 'noted' }] });
  await using test = await openTestHost({ model });
  const [kept, erased] = [await test.session(), await test.session()];
  for (const session of [kept, erased]) {
    await session.send(`first of ${session.id}`);
    await session.settled();
  }
  await test.host.erase(erased.id);
  await expect(erased.context()).rejects.toMatchObject({ code: 'not_found' });
  await kept.send('second');
  await kept.settled();
  const last = JSON.stringify(model.requests.at(-1)?.messages);
  expect(last).toContain(`first of ${kept.id}`);
  expect(last).not.toContain(erased.id);
});
