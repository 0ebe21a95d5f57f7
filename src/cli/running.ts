// What only a daemon that runs can say. Nothing is started for it, and where none runs there is nothing to say.
import type { Client } from '../client/index.ts';
import type { HostReport } from '../host/index.ts';
import { codeOf } from '../protocol/errors.ts';
import type { SessionSummary } from '../protocol/index.ts';
import { homeHolder } from '../store/index.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { MANIFEST } from './manifest.ts';

/** Rows that are asked about: those that a person looks at. */
const MOST_ASKED = 100;

/** Whether a daemon of this version says that it serves the home. */
export async function serves(invocation: Invocation): Promise<boolean> {
  const { dataFolder } = homeOf(invocation);
  const holder = homeHolder({ home: dataFolder });
  if (holder === undefined) return false;
  // Loaded only where there is one: a list costs half of it.
  const { daemonAt } = await import('../client/node/index.ts');
  const daemon = await daemonAt(dataFolder);
  return daemon?.pid === holder && daemon.version === MANIFEST.version;
}

/** The daemon of this home, if one of this version serves it and answers. A connection that is lost is not made again. */
export async function runningClient(invocation: Invocation): Promise<Client | undefined> {
  if (!(await serves(invocation))) return undefined;
  const { connectHome } = await import('../client/node/index.ts');
  try {
    return await connectHome({ home: homeOf(invocation).dataFolder, giveUpAfterMs: 0 });
  } catch (error) {
    if (codeOf(error) === 'host_unavailable') return undefined;
    throw error;
  }
}

/** What `ask` makes of the daemon's client; undefined where no daemon serves the home, or not of this version. */
export async function askRunning<T>(
  invocation: Invocation,
  ask: (client: Client) => Promise<T>,
): Promise<T | undefined> {
  await using client = await runningClient(invocation);
  if (client === undefined) return undefined;
  try {
    return await ask(client);
  } catch (error) {
    if (codeOf(error) === 'host_unavailable') return undefined;
    throw error;
  }
}

export type Residency = 'live' | 'asleep';

/** A row with what is not in the journal. Without a daemon nobody is live, and nobody waits in a queue: it is left out. */
export type Present = SessionSummary & { readonly residency?: Residency };

/** The rows as they are now: whether their sessions are live, and the places of those whose turns wait for a slot. */
export async function asTheyAre(
  invocation: Invocation,
  rows: readonly SessionSummary[],
): Promise<readonly Present[]> {
  if (rows.length === 0) return rows;
  const busy = rows.filter(({ status }) => status === 'running').slice(0, MOST_ASKED);
  const now = await askRunning(invocation, async (client) => {
    const [report, asked] = await Promise.all([
      client.inspect(),
      Promise.all(
        busy.map(({ session }) => client.link.call('session/get', { session }).catch(() => undefined)),
      ),
    ]);
    const { memory } = report as Partial<HostReport>;
    const places = asked.flatMap((row) =>
      row?.position === undefined ? [] : [[row.session, row.position] as const],
    );
    return { live: new Set(Object.keys(memory?.sessions ?? {})), places: new Map(places) };
  });
  if (now === undefined) return rows;
  return rows.map((row): Present => {
    const position = now.places.get(row.session);
    const residency = now.live.has(row.session) ? 'live' : 'asleep';
    return { ...row, residency, ...(position === undefined ? {} : { position }) };
  });
}
