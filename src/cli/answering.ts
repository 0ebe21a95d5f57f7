// The answer that `approve` and `deny` give.
import type { CommandOf, CommandReply } from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';
import type { SessionReach } from './session-reach.ts';

type Answer = Pick<CommandOf<'approval/resolve'>, 'decision' | 'scope' | 'reason'>;

/** Without a call on the command line the one is meant that waited when the session was looked up, and none that came since. */
export function answer(
  { args }: Invocation,
  { row, session }: Pick<SessionReach, 'row' | 'session'>,
  said: Answer,
): Promise<CommandReply> {
  const [, call] = args;
  const which = call === undefined ? { seq: row.seq } : { call };
  return session.command('approval/resolve', { by: { kind: 'user' }, ...said, ...which });
}
