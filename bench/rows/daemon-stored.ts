// A daemon and ten thousand sessions: how soon it is ready, what a create costs, how long lists take.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Client } from '../../src/client/index.ts';
import { serve } from '../daemon/serving.ts';
import { AT_ONCE, create } from '../daemon/talk.ts';
import { median, scratch, times, wallMs, type Row } from '../measure.ts';

const STORED = 10_000;
const PAGE = 50;
const LARGEST_PAGE = 1_000;
const STARTS = 7;

/** Rows of a kilobyte, `group` of them in a transaction that is synced; ms a row. */
function appendFloor(folder: string, group: number): number {
  const database = new DatabaseSync(join(folder, `floor-${String(group)}.db`));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (a BLOB)');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  const row = Buffer.alloc(1024);
  const rows = 10 * AT_ONCE;
  const began = performance.now();
  for (let n = 0; n < rows; n += group) {
    database.exec('BEGIN');
    for (let k = 0; k < group; k++) insert.run(row);
    database.exec('COMMIT');
  }
  const tookMs = performance.now() - began;
  database.close();
  return tookMs / rows;
}

/** Starting and ending it again and again. */
async function startMs(program: string, home: string): Promise<number> {
  return median(
    await times(STARTS, async () => {
      await using serving = await serve({ program, home });
      return serving.readyMs;
    }),
  );
}

async function bareStartMs(): Promise<number> {
  return median(
    await times(STARTS, () =>
      wallMs(() => once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')),
    ),
  );
}

/** An empty home, then the same home with many sessions: starts, creates, lists. */
export async function storedRows(program: string): Promise<readonly Row[]> {
  using home = scratch();
  const floor = { name: 'node -e 0', value: await bareStartMs() };
  const empty = await startMs(program, home.path);
  const listed: Row[] = [];
  {
    await using serving = await serve({ program, home: home.path });
    const client = await serving.connect();
    await create(client, home.path, AT_ONCE);
    const createMs = (await create(client, home.path, STORED - AT_ONCE)) / (STORED - AT_ONCE);
    listed.push({
      name: 'through the daemon: create a session, durable, in a stream of creates',
      value: createMs,
      unit: 'ms',
      floor: {
        name: `a raw SQLite append, ${String(AT_ONCE)} in a sync (one in a sync: ${appendFloor(home.path, 1).toFixed(2)})`,
        value: appendFloor(home.path, AT_ONCE),
      },
      limit: 0.5,
    });
    listed.push(...(await lists(client)));
  }
  const full = await startMs(program, home.path);
  const start = (what: string, value: number): Row => ({
    name: `the daemon: cold start to ready, ${what}`,
    value,
    unit: 'ms',
    floor,
    limit: 220,
  });
  return [
    start('an empty home', empty),
    start(`${STORED.toLocaleString('en')} stored sessions`, full),
    ...listed,
  ];
}

async function lists(client: Client): Promise<readonly Row[]> {
  const first = await times(50, () => wallMs(() => client.list({ limit: PAGE })));
  const all = await times(5, () =>
    wallMs(async () => {
      let after: string | undefined;
      do after = (await client.list({ limit: LARGEST_PAGE, ...(after === undefined ? {} : { after }) })).next;
      while (after !== undefined);
    }),
  );
  const what = `through the daemon: list ${STORED.toLocaleString('en')} stored sessions`;
  return [
    { name: `${what}: first page of ${String(PAGE)}`, value: median(first), unit: 'ms', limit: 2 },
    { name: `${what}: all`, value: median(all), unit: 'ms', limit: 50 },
  ];
}
