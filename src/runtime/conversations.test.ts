import { systemClock } from '../base/index.ts';
import { expect, it } from 'vitest';
import { Conversation } from '../session/index.ts';
import { Conversations } from './conversations.ts';

function conversation(size: number): Conversation {
  const made = new Conversation();
  made.size = size;
  return made;
}

const MIB = 1024 * 1024;

it('keeps the latest, within its bound, and each for one taker', () => {
  const kept = new Conversations(systemClock);
  const first = conversation(2 * MIB);
  kept.keep('a', first);
  kept.keep('a', first);
  kept.keep('a', first);
  for (const session of ['b', 'c', 'd']) kept.keep(session, conversation(2 * MIB));
  expect(kept.take('a')).toBe(first);
  expect(kept.take('a')).toBeUndefined();
  for (const session of ['e', 'f']) kept.keep(session, conversation(2 * MIB));
  expect(['b', 'c', 'd', 'e', 'f'].map((session) => kept.take(session) !== undefined)).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
  kept.keep('huge', conversation(3 * MIB));
  expect(kept.take('huge')).toBeUndefined();
});
