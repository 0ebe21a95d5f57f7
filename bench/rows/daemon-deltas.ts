// Streaming through the daemon: what a delta costs it, turns each second, and what it adds to the first token. Counted is the CPU of
// the daemon's process with all its threads and of every process below it; viewers and provider are processes of their own.
import type { Model, ModelRequest } from '../../src/model/index.ts';
import { serve, type Serving } from '../daemon/serving.ts';
import { openDesk, talk, turn, type Desk } from '../daemon/talk.ts';
import { cpuMicros, median, modelsAt, scratch, streamServer, times, wallMs, type Row } from '../measure.ts';

const DELTAS = 200;
const RUNS = 5;
/** Sessions at once, turns of each in a run, and what DESIGN promises: µs CPU a delta, turns each second. */
const SIZES = [
  { sessions: 1, turns: 40, perSecond: 120 },
  { sessions: 8, turns: 12, micros: 30, perSecond: 160 },
  { sessions: 64, turns: 4, micros: 20, perSecond: 250 },
] as const;
const FIRST_TOKENS = 60;

const REQUEST: ModelRequest = {
  system: 's',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  tools: [],
};

/** As many requests without a host, read by our adapter in this process. */
async function adapter(
  model: Model,
  { sessions, turns }: { sessions: number; turns: number },
): Promise<void> {
  const context = { signal: new AbortController().signal, file: () => Promise.resolve(new Uint8Array()) };
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      for (let n = 0; n < turns; n++)
        for await (const part of model.stream(REQUEST, context))
          if (part.type === 'failed') throw new Error(part.failure.message);
    }),
  );
}

async function desksOf(serving: Serving, folder: string, count: number): Promise<readonly Desk[]> {
  return Promise.all(Array.from({ length: count }, () => openDesk(serving, folder)));
}

async function sized(
  { program, url }: { program: string; url: string },
  size: (typeof SIZES)[number],
): Promise<readonly Row[]> {
  using home = scratch();
  await using serving = await serve({ program, home: home.path, url });
  const model = await modelsAt(url).resolve('local/m');
  const desks = await desksOf(serving, home.path, size.sessions);
  const deltas = size.sessions * size.turns * DELTAS;
  const measured: { micros: number; perSecond: number; floor: number; floorPerSecond: number }[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const before = serving.cpuMicros();
    const tookMs = await talk(desks, size.turns);
    const micros = (serving.cpuMicros() - before) / deltas;
    let floorMs = 0;
    const floor =
      (await cpuMicros(async () => (floorMs = await wallMs(() => adapter(model, size))))) / deltas;
    const perSecond = (ms: number): number => (size.sessions * size.turns * 1000) / ms;
    // The first run warms up.
    if (run > 0)
      measured.push({ micros, perSecond: perSecond(tookMs), floor, floorPerSecond: perSecond(floorMs) });
  }
  for (const desk of desks) await desk[Symbol.asyncDispose]();
  const of = (key: keyof (typeof measured)[number]): number => median(measured.map((each) => each[key]));
  const label = `${String(size.sessions)} session${size.sessions === 1 ? '' : 's'}`;
  return [
    {
      name: `through the daemon: durable delta, ${label}, one viewer each`,
      value: of('micros'),
      unit: 'µs CPU/delta',
      floor: { name: 'provider adapter alone', value: of('floor') },
      ...('micros' in size ? { limit: size.micros } : {}),
    },
    {
      name: `through the daemon: turns of ${String(DELTAS)} deltas, ${label}`,
      value: of('perSecond'),
      unit: 'turns/s',
      floor: { name: 'provider adapter alone', value: of('floorPerSecond') },
      limit: size.perSecond,
      atLeast: true,
    },
  ];
}

async function firstChunkMs(url: string): Promise<number> {
  const before = performance.now();
  const response = await fetch(`${url}/chat/completions`, { method: 'POST', body: '{}' });
  let first = Number.NaN;
  for await (const _ of response.body ?? []) if (Number.isNaN(first)) first = performance.now() - before;
  return first;
}

/** The two take turns, so that whatever else the machine does meets both. */
async function firstToken({ program, url }: { program: string; url: string }): Promise<Row> {
  using home = scratch();
  await using serving = await serve({ program, home: home.path, url });
  await using desk = await openDesk(serving, home.path);
  const added = await times(FIRST_TOKENS, async () => {
    const { firstTextMs } = await turn(desk);
    return firstTextMs - (await firstChunkMs(url));
  });
  const floor = median(await times(FIRST_TOKENS, () => firstChunkMs(url)));
  return {
    name: 'through the daemon: added time to first token, durable',
    value: median(added.slice(FIRST_TOKENS / 4)),
    unit: 'ms',
    floor: { name: 'a raw fetch to its first chunk (not in the figure)', value: floor },
    limit: 3,
  };
}

export async function daemonDeltaRows(program: string): Promise<readonly Row[]> {
  await using server = await streamServer(DELTAS, 0);
  const place = { program, url: server.url };
  const rows: Row[] = [];
  for (const size of SIZES) rows.push(...(await sized(place, size)));
  return [...rows, await firstToken(place)];
}
