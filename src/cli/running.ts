// What only a daemon that runs can say. Nothing is started for it, and where none runs there is nothing to say.
import type { Client } from '../client/index.ts';
import { codeOf } from '../protocol/errors.ts';
import type { SessionSummary } from '../protocol/index.ts';
import { homeHolder } from '../store/index.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { MANIFEST } from './manifest.ts';

/** Rows that are asked about: those that a person looks at. */
const MOST_ASKED = 100;

/** What `ask` makes of the daemon's client; undefined where no daemon serves the home, or not of this version. */
export async function askRunning<T>(
  invocation: Invocation,
  ask: (client: Client) => Promise<T>,
): Promise<T | undefined> {
  const { dataFolder } = homeOf(invocation);
  if (homeHolder({ home: dataFolder }) === undefined) return undefined;
  // Loaded only where there is one: a list costs half of it.
  const { connectHome, daemonAt } = await import('../client/node/index.ts');
  const daemon = await daemonAt(dataFolder);
  if (daemon?.version !== MANIFEST.version) return undefined;
  try {
    await using client = await connectHome({ home: dataFolder, giveUpAfterMs: 0 });
    return await ask(client);
  } catch (error) {
    if (codeOf(error) === 'host_unavailable') return undefined;
    throw error;
  }
}

/** The rows as they are now: with the places of those whose turns wait for a slot. */
export async function withPlaces(
  invocation: Invocation,
  rows: readonly SessionSummary[],
): Promise<readonly SessionSummary[]> {
  const busy = rows.filter(({ status }) => status === 'running');
  if (busy.length === 0) return rows;
  const places = await askRunning(invocation, async ({ link }) => {
    const now = await Promise.all(
      busy
        .slice(0, MOST_ASKED)
        .map(({ session }) => link.call('session/get', { session }).catch(() => undefined)),
    );
    return new Map(now.flatMap((row) => (row?.position === undefined ? [] : [[row.session, row.position]])));
  });
  return rows.map((row) => {
    const position = places?.get(row.session);
    return position === undefined ? row : { ...row, position };
  });
}
