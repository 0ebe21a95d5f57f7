// One look at a daemon: its numbers, and the sessions that work or wait.
import { connectHome } from '../../client/node/index.ts';
import type { Home } from '../../config/index.ts';
import { ownerToken, parseExposition, type Parsed, type Presence } from '../../daemon/index.ts';
import { CarrelError, type SessionSummary } from '../../protocol/index.ts';

/** Sessions that are shown. */
const MOST_SESSIONS = 20;
const PATIENCE_MS = 5_000;

export interface Look {
  /** Epoch ms. */
  readonly at: number;
  readonly numbers: Parsed;
  readonly sessions: readonly SessionSummary[];
}

export async function look(home: Home, { url }: Presence, now: () => number): Promise<Look> {
  const [numbers, sessions] = await Promise.all([readNumbers(home, url), readSessions(home)]);
  return { at: now(), numbers, sessions };
}

async function readNumbers(home: Home, url: string): Promise<Parsed> {
  const response = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${ownerToken(home)}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.ok) return parseExposition(await response.text());
  throw new CarrelError('host_unavailable', `/metrics answers ${String(response.status)}: run carrel doctor`);
}

async function readSessions(home: Home): Promise<readonly SessionSummary[]> {
  await using client = await connectHome({ home: home.dataFolder });
  const { sessions } = await client.list({ status: ['running', 'waiting'], limit: MOST_SESSIONS });
  return sessions;
}
