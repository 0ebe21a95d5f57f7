// One session that streams, many viewers of it. A delivery is one delta or event that has reached one viewer; deltas that arrive
// together travel together. Every viewer has a connection of its own; they are in another process and search what comes for the end
// of a turn, and beside them the client library follows and says how much there was to deliver.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { serve } from '../daemon/serving.ts';
import { openDesk, turn } from '../daemon/talk.ts';
import { median, scratch, streamServer, times, wallMs, type Row } from '../measure.ts';

const DELTAS = 2_000;
const RUNS = 5;
const SIZES = [
  { viewers: 100, perSecond: 400_000 },
  { viewers: 1_000, perSecond: 500_000 },
] as const;
/** One delta a packet, much faster than a model speaks. */
const PACE_MS = 2;
const PACED_DELTAS = 500;

interface Viewers extends AsyncDisposable {
  /** Resolves when each of them has seen the end of one more turn. */
  ended(): Promise<void>;
}

async function watch(socket: string, session: string, count: number): Promise<Viewers> {
  const script = join(import.meta.dirname, '..', 'daemon', 'viewers.ts');
  const child = spawn(process.execPath, [script, socket, session, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const said = async (): Promise<void> => {
    if ((await lines.next()).done === true) throw new Error('the viewers ended');
  };
  await said();
  return {
    async ended() {
      child.stdin.write('\n');
      await said();
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

interface Place {
  readonly program: string;
  /** Of the provider, and what it says in a turn. */
  readonly url: string;
  readonly deltas: number;
}

/** The stream itself, read to its end and handed to nobody, ms: no fan-out of it can be sooner. */
async function rawMs(url: string): Promise<number> {
  return wallMs(async () => {
    const response = await fetch(`${url}/chat/completions`, { method: 'POST', body: '{}' });
    await response.arrayBuffer();
  });
}

interface Fanned {
  readonly perSecond: number;
  readonly micros: number;
}

async function fan({ program, url, deltas }: Place, viewers: number): Promise<Fanned> {
  using home = scratch();
  await using serving = await serve({ program, home: home.path, url });
  await using desk = await openDesk(serving, home.path);
  await using all = await watch(serving.socket, desk.session.id, viewers);
  const runs: Fanned[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const [cpu, began] = [serving.cpuMicros(), performance.now()];
    const [{ events }] = await Promise.all([turn(desk), all.ended()]);
    const deliveries = (deltas + events) * viewers;
    const tookMs = performance.now() - began;
    runs.push({
      perSecond: (deliveries * 1000) / tookMs,
      micros: (serving.cpuMicros() - cpu) / deliveries,
    });
  }
  const warm = runs.slice(1);
  return {
    perSecond: median(warm.map(({ perSecond }) => perSecond)),
    micros: median(warm.map(({ micros }) => micros)),
  };
}

export async function fanOutRows(program: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  {
    await using server = await streamServer(DELTAS, 0);
    const streamMs = median(await times(RUNS, () => rawMs(server.url)));
    for (const { viewers, perSecond } of SIZES) {
      const fanned = await fan({ program, url: server.url, deltas: DELTAS }, viewers);
      rows.push({
        name: `through the daemon: fan-out, ${viewers.toLocaleString('en')} viewers of one session`,
        value: fanned.perSecond,
        unit: 'deliveries/s',
        floor: {
          name: 'as fast as a raw fetch reads the stream',
          value: (DELTAS * viewers * 1000) / streamMs,
        },
        limit: perSecond,
        atLeast: true,
      });
    }
  }
  await using server = await streamServer(PACED_DELTAS, PACE_MS);
  const paced = await fan({ program, url: server.url, deltas: PACED_DELTAS }, 100);
  rows.push({
    name: `through the daemon: fan-out to 100 viewers, one delta a packet`,
    value: paced.micros,
    unit: 'µs CPU/delivery',
  });
  return rows;
}
