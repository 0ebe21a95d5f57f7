// Whoever meets a home that is held is told by what, and how to reach it.
import type { Home } from '../config/index.ts';
import { CarrelError, codeOf } from '../protocol/errors.ts';

/** The error, with the daemon's addresses where a daemon holds the home. */
export async function heldBy(home: Home, error: unknown): Promise<unknown> {
  if (codeOf(error) !== 'home_in_use') return error;
  const { readPresence } = await import('../daemon/index.ts'); // servers are not loaded for commands that need none
  const { data } = error as CarrelError;
  const pid = data['pid'];
  const daemon = readPresence(home.daemon, typeof pid === 'number' ? pid : undefined);
  if (daemon === undefined) return error;
  const { url, socket } = daemon;
  const message = `the daemon ${String(daemon.pid)} serves the home ${home.dataFolder}: reach it at ${url} (its token is in ${home.token}) or at ${socket}, or end it with carrel daemon stop`;
  return new CarrelError('home_in_use', message, { data: { ...data, url, socket }, cause: error });
}
