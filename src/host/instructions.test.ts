import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import type { Instruction } from '../protocol/index.ts';
import { openTestHost } from '../testing/index.ts';
import { journal } from './fixtures.ts';

const says = (text: string): readonly Instruction[] => [{ from: '/me/AGENTS.md', text }];

it('instructions are those of when the turn began, named by their digest; what changes is in force with the next', async () => {
  const gate = deferred<void>();
  let files = says('be short');
  const model = scriptedModel({
    answers: (_request, n) => [{ text: n === 0 ? ['a', { wait: gate.promise }] : ['a'] }],
  });
  await using test = await openTestHost({
    model,
    profile: { instructions: true },
    instructions: () => files,
  });
  const session = await test.session();
  await session.send('one');
  files = says('be long');
  // Accepted in the middle of the first turn, and begun with its end.
  await session.send('two');
  gate.resolve();
  await session.settled();
  files = [];
  await session.send('three');
  await session.settled();
  expect(model.requests.map(({ system }) => /be \w+/.exec(system)?.[0])).toEqual([
    'be short',
    'be long',
    undefined,
  ]);
  const events = await journal(test.store, session.id);
  const digests = events.flatMap((event) =>
    event.type === 'turn.started' ? [event.data.frame.instructions] : [],
  );
  expect(new Set(digests).size).toBe(3);
  expect(digests[2]).toBeUndefined();
  const blob = await test.store.getBlob(digests[0] ?? '');
  expect(JSON.parse(new TextDecoder().decode(blob))).toEqual(says('be short'));
});

it('are not sent for a profile that does not want them, and are told as parts of the context for one that does', async () => {
  const model = scriptedModel({ answers: () => [{ text: 'a' }] });
  const instructions = (): readonly Instruction[] => says('be short');
  const profiles = { told: { instructions: true } };
  await using test = await openTestHost({ model, instructions, profiles });
  for (const profile of ['default', 'told']) {
    const session = await test.session({ profile });
    await session.send('hi');
    await session.settled();
    const kinds = (await session.context()).parts.map(({ kind }) => kind);
    expect(kinds.includes('instructions')).toBe(profile === 'told');
  }
  expect(model.requests.map(({ system }) => system.includes('be short'))).toEqual([false, true]);
});
