// Whoever meets a home that is held is told by what, and how to reach it.
import { daemonAt } from '../client/node/index.ts';
import type { Home } from '../config/index.ts';
import { CarrelError, codeOf } from '../protocol/errors.ts';

/** The error, with the daemon's addresses where a daemon holds the home. */
export async function heldBy(home: Home, error: unknown): Promise<unknown> {
  if (codeOf(error) !== 'home_in_use') return error;
  const { data } = error as CarrelError;
  const daemon = await daemonAt(home.dataFolder);
  if (daemon === undefined || daemon.pid !== data['pid']) return error;
  const { pid, url, socket } = daemon;
  const message = `the daemon ${String(pid)} serves the home ${home.dataFolder} at ${url} and ${socket}: leave --local out to work through it, or end it with carrel daemon stop`;
  return new CarrelError('home_in_use', message, { data: { ...data, url, socket }, cause: error });
}
