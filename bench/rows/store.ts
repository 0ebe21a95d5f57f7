// What the store costs: a sync, a page of a list, a page of a journal, disk for each turn.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openSqliteReader } from '../../src/store/index.ts';
import { scriptedModel } from '../../src/model/index.ts';
import { install } from '../install.ts';
import { benchHost, diskBytes, median, only, scratch, times, wallMs, type Row } from '../measure.ts';

const SESSIONS = 10_000;
const MESSAGES = 2_000;
const PAGE = 50;
/** Creates that are under way at once. */
const BATCH = 200;

const ANSWER = Array.from({ length: 200 }, (_, n) => `w${String(n).padStart(4, '0')} `);

export async function listRows(): Promise<readonly Row[]> {
  using home = scratch();
  const model = scriptedModel({ answers: () => [{ text: ['ok'] }] });
  let createMs = 0;
  {
    await using bench = await benchHost(home.path, { models: only(model), model: model.id });
    createMs = await wallMs(async () => {
      for (let n = 0; n < SESSIONS; n += BATCH) {
        await Promise.all(
          Array.from({ length: BATCH }, (_, k) =>
            bench.host.create({ folder: home.path, name: `session-${String(n + k)}` }),
          ),
        );
      }
    });
  }
  await using reader = await openSqliteReader({ home: home.path });
  const first = await times(50, () => wallMs(() => reader.list({ owner: 'local', limit: PAGE })));
  const whole = await times(5, () =>
    wallMs(async () => {
      let after: string | undefined;
      do
        after = (
          await reader.list({ owner: 'local', limit: 1_000, ...(after === undefined ? {} : { after }) })
        ).next;
      while (after !== undefined);
    }),
  );
  const stored = `${SESSIONS.toLocaleString('en')} stored sessions`;
  return [
    {
      name: 'create a session, durable, in a stream of creates',
      value: createMs / SESSIONS,
      unit: 'ms',
      limit: 0.5,
    },
    { name: `list ${stored}: first page of ${String(PAGE)}`, value: median(first), unit: 'ms', limit: 2 },
    { name: `list ${stored}: all`, value: median(whole), unit: 'ms', limit: 50 },
    await coldStart(home.path, stored),
  ];
}

async function coldStart(home: string, stored: string): Promise<Row> {
  using installed = scratch();
  install(installed.path);
  const bin = join(installed.path, 'bin', 'carrel.js');
  const env = { ...process.env, CARREL_HOME: home };
  const run = (args: readonly string[]): Promise<number> =>
    wallMs(() => Promise.resolve(spawnSync(process.execPath, args, { env, stdio: 'ignore' })));
  await run([bin, 'list', '--all']);
  const floor = median(await times(7, () => run(['-e', '0'])));
  const value = median(await times(7, () => run([bin, 'list', '--all'])));
  return {
    name: `cold start of \`carrel list\` as installed, ${stored}`,
    value,
    unit: 'ms',
    floor: { name: 'node -e 0', value: floor },
    limit: 220,
  };
}

export async function journalRows(): Promise<readonly Row[]> {
  using home = scratch();
  const model = scriptedModel({ answers: () => [{ text: ANSWER }] });
  let session = '';
  const sizes: number[] = [];
  for (const turns of [1, 100, MESSAGES / 2 - 101]) {
    await using bench = await benchHost(home.path, { models: only(model), model: model.id });
    const handle =
      session === '' ? await bench.host.create({ folder: home.path }) : await bench.host.session(session);
    session = handle.id;
    for (let n = 0; n < turns; n++) {
      await handle.send('hi');
      await handle.settled();
    }
    await bench.host.close();
    sizes.push(diskBytes(home.path));
  }
  const [one = 0, hundred = 0, all = 0] = sizes;
  await using reader = await openSqliteReader({ home: home.path });
  const head = (await reader.summary('local', session))?.seq ?? 0;
  const events = Math.ceil((head / MESSAGES) * 100);
  const open = await times(30, () =>
    wallMs(() => reader.read('local', session, { before: head + 1, limit: events })),
  );
  const whole = await times(5, () => wallMs(() => reader.read('local', session, { after: 0, limit: head })));
  const { events: stored } = await reader.read('local', session, { after: 0, limit: head });
  const bodies = stored.map((event) => JSON.stringify(event));
  const floor = await times(5, () => wallMs(() => Promise.resolve(sealAndParse(bodies))));
  return [
    {
      name: 'disk for a turn of 200 deltas (1.2 KB), turns 2 to 101',
      value: (hundred - one) / 100 / 1024,
      unit: 'KB',
      limit: 4,
    },
    {
      name: `disk for a turn, up to ${String(MESSAGES)} messages`,
      value: (all - hundred) / (MESSAGES / 2 - 101) / 1024,
      unit: 'KB',
      limit: 4,
    },
    { name: `open ${String(MESSAGES)} messages: last 100`, value: median(open), unit: 'ms', limit: 3 },
    {
      name: `open ${String(MESSAGES)} messages: all`,
      value: median(whole),
      unit: 'ms',
      floor: { name: 'a SHA-256 and a JSON.parse for each of its events', value: median(floor) },
      limit: 20,
    },
  ];
}

/** What reading a journal cannot do without: each event's seal is checked, and its text becomes an object. */
function sealAndParse(bodies: readonly string[]): readonly unknown[] {
  for (const body of bodies) createHash('sha256').update(body).digest();
  return bodies.map((body): unknown => JSON.parse(body));
}
