// What many sessions cost: memory of each, of the process, CPU of many at work and of many that do nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { scriptedModel } from '../../src/model/index.ts';
import { emptyState } from '../../src/session/index.ts';
import { manualClock } from '../../src/testing/index.ts';
import { install } from '../install.ts';
import { benchHost, only, scratch, streamServer, type Row } from '../measure.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE = 60_000;

const LIVE = 1_000;
const AT_ONCE = 50;
const STREAMS = 64;
const DELTAS = 200;
const TURNS = 8;
const LOADED = 1_100;
const IDLE = 10_000;
const IDLE_MS = 3_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function heap(): Promise<number> {
  for (let n = 0; n < 4; n++) {
    await setTimeout(0);
    collect();
  }
  return process.memoryUsage().heapUsed;
}

/** Sessions that have had a turn and wait for the next, on time that the row moves. */
async function sleepers(): Promise<readonly Row[]> {
  using home = scratch();
  const clock = manualClock();
  const model = scriptedModel({ answers: () => [{ text: ['It is done.'] }] });
  await using bench = await benchHost(home.path, { models: only(model), model: model.id, clock });
  const talk = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - n) }, async () => {
          const session = await bench.host.create({ folder: home.path });
          await session.send('hi');
          await session.settled();
        }),
      );
    (model.requests as unknown[]).length = 0;
  };
  // As many as are measured: what the host and the engine keep for ever is there then.
  await talk(LIVE);
  await clock.advance(20 * MINUTE);
  const before = await heap();
  await talk(LIVE);
  await clock.advance(2 * MINUTE);
  if (bench.host.inspect().live !== LIVE) throw new Error('some fell asleep before they were measured');
  const live = (await heap()) - before;
  await clock.advance(20 * MINUTE);
  const asleep = (await heap()) - before;
  const start = await heap();
  const states = Array.from({ length: LIVE }, (_, n) => emptyState(`ses_${String(n)}`));
  const floor = ((await heap()) - start) / states.length / KIB;
  return [
    {
      name: `a live session that has had a turn, of ${LIVE.toLocaleString('en')}, beyond the host`,
      value: live / LIVE / KIB,
      unit: 'KiB heap',
      floor: { name: 'an empty control state', value: floor },
      limit: 2,
    },
    // What is left is the host's own, and noise.
    {
      name: 'the same once it is asleep',
      value: Math.max(0, asleep / LIVE / KIB),
      unit: 'KiB heap',
      limit: 0.1,
    },
  ];
}

interface ScaleHost extends AsyncDisposable {
  do(deed: string, count?: number): Promise<number>;
}

interface Place {
  readonly program: string;
  readonly home: string;
  readonly url: string;
  readonly flags?: readonly string[];
}

function scaleHost({ program, home, url, flags = [] }: Place): ScaleHost {
  const script = join(program, 'scale-host.mjs');
  writeFileSync(
    script,
    stripTypeScriptTypes(readFileSync(join(import.meta.dirname, '..', 'scale-host.ts'), 'utf8')),
  );
  const child = spawn(process.execPath, [...flags, script, home, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async do(deed, count = 0) {
      child.stdin.write(`${deed} ${String(count)}\n`);
      const { value } = await answers.next();
      return Number(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function bareResident(): Promise<number> {
  const child = spawn(process.execPath, ['-p', 'process.memoryUsage.rss()'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return Number(line);
}

/** As every program has the engine, and as the command line and the daemon set it. */
function settings(program: string): readonly { readonly name: string; readonly flags: readonly string[] }[] {
  const engine = pathToFileURL(join(program, 'dist', 'cli', 'engine.js')).href;
  return [
    { name: '', flags: [] },
    { name: ', engine set as the daemon sets it', flags: ['--import', engine] },
  ];
}

async function many(program: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { name, flags } of settings(program)) {
    using home = scratch();
    await using server = await streamServer(DELTAS, 0);
    await using host = scaleHost({ program, home: home.path, url: server.url, flags });
    await host.do('create', LOADED);
    await host.do('ask', 2);
    await host.do('talk', 2);
    await host.do('cpu');
    await host.do('ask', TURNS);
    const asked = await host.do('cpu');
    const tookMs = await host.do('talk', TURNS);
    const used = await host.do('cpu');
    const turns = STREAMS * TURNS;
    rows.push(
      {
        name: `turns of ${String(DELTAS)} deltas, ${String(STREAMS)} sessions at once${name}`,
        value: tookMs / turns,
        unit: 'ms/turn',
        limit: 4,
      },
      {
        name: `durable delta, ${String(STREAMS)} sessions, deltas share packets${name}`,
        value: used / turns / DELTAS,
        unit: 'µs CPU/delta',
        floor: { name: 'provider adapter alone', value: asked / turns / DELTAS },
        limit: 20,
      },
    );
  }
  return rows;
}

/** The platform lets its nursery grow to some 100 MB under load; the daemon does not, and a program may do as it does. */
async function resident(program: string): Promise<readonly Row[]> {
  const load = `${LOADED.toLocaleString('en')} sessions and ${String(STREAMS * TURNS)} turns`;
  const floor = { name: 'node -e 0', value: (await bareResident()) / MIB };
  const rows: Row[] = [];
  for (const { name, flags } of settings(program)) {
    using home = scratch();
    await using server = await streamServer(DELTAS, 0);
    await using host = scaleHost({ program, home: home.path, url: server.url, flags });
    await host.do('create', LOADED);
    await host.do('talk', TURNS);
    const value = (await host.do('resident')) / MIB;
    rows.push({
      name: `resident memory after ${load}${name}`,
      value,
      unit: 'MiB',
      floor,
      ...(flags.length > 0 ? { limit: 160 } : {}),
    });
  }
  return rows;
}

async function idle(program: string): Promise<readonly Row[]> {
  using home = scratch();
  await using host = scaleHost({ program, home: home.path, url: 'http://127.0.0.1:9/v1' });
  const rest = async (): Promise<number> => {
    await setTimeout(IDLE_MS);
    await host.do('cpu');
    await setTimeout(IDLE_MS);
    return (await host.do('cpu')) / IDLE_MS;
  };
  const floor = await rest();
  await host.do('create', IDLE);
  return [
    {
      name: `${IDLE.toLocaleString('en')} live sessions that do nothing`,
      value: await rest(),
      unit: 'ms CPU/s',
      floor: { name: 'a host without sessions', value: floor },
      limit: floor + 1,
    },
  ];
}

export async function scaleRows(): Promise<readonly Row[]> {
  using program = scratch();
  install(program.path);
  const { path } = program;
  return [...(await sleepers()), ...(await many(path)), ...(await resident(path)), ...(await idle(path))];
}
