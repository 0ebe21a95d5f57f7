// A session of the daemon with its one viewer: the client library, over a connection of its own.
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import type { Client, ClientSession } from '../../src/client/index.ts';
import type { ViewItem } from '../../src/protocol/index.ts';
import { wallMs } from '../measure.ts';
import type { Serving } from './serving.ts';

export interface Desk extends AsyncDisposable {
  readonly session: ClientSession;
  readonly items: AsyncIterator<ViewItem>;
}

/** A new session, or one that is there; followed from its newest event on, for as long as it is kept. */
export async function openDesk(serving: Serving, folder: string, id?: string): Promise<Desk> {
  const client = await serving.connect();
  const session = id === undefined ? await client.create({ folder }) : client.session(id);
  const left = new AbortController();
  const { seq } = await session.summary();
  // What the last append of the session brought is told again, so that it is known that following has begun.
  const items = session.follow({ after: seq - 1, signal: left.signal });
  await items.next();
  const close = async (): Promise<void> => {
    left.abort();
    await client.close();
  };
  return { session, items, [Symbol.asyncDispose]: close };
}

export interface Seen {
  /** Without frames of streaming text, which come joined. */
  readonly events: number;
  /** Since the input was sent. */
  readonly firstTextMs: number;
}

/** Sends an input and reads until its turn has finished. */
export async function turn({ session, items }: Desk): Promise<Seen> {
  const before = performance.now();
  await session.send('hi');
  let firstTextMs = Number.NaN;
  for (let events = 0; ;) {
    const next = await items.next();
    if (next.done === true) throw new Error('the session ended');
    const item = next.value;
    if (item.type === 'delta') {
      if (Number.isNaN(firstTextMs)) firstTextMs = performance.now() - before;
      continue;
    }
    events++;
    if (item.type !== 'turn.finished') continue;
    if (item.data.outcome !== 'completed') throw new Error(item.data.why);
    return { events, firstTextMs };
  }
}

/** So many turns in each, at once; ms. */
export function talk(desks: readonly Desk[], turns: number): Promise<number> {
  return wallMs(() =>
    Promise.all(
      desks.map(async (desk) => {
        for (let n = 0; n < turns; n++) await turn(desk);
      }),
    ),
  );
}

/** One question and its answer as lines over a local socket, without a client library. */
export async function lineSocket(path: string): Promise<{ ask(line: string): Promise<string> } & Disposable> {
  const socket = createConnection(path);
  const answers = createInterface(socket)[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    socket.write(`${line}\n`);
    return String((await answers.next()).value);
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { ask, [Symbol.dispose]: () => void socket.destroy() };
}

/** Creates that are under way at once. */
export const AT_ONCE = 100;

export async function create(client: Client, folder: string, count: number): Promise<number> {
  return wallMs(async () => {
    for (let n = 0; n < count; n += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - n) }, () => client.create({ folder })),
      );
  });
}
