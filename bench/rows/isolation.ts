// Tools of modules run in processes of their own. Does the host's loop notice when one is at work, and do other sessions notice
// when five fail in every way there is?
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { scriptedModel, type ModelRequest, type ScriptAnswer } from '../../src/model/index.ts';
import { builtinTools, workerTools, type Tool } from '../../src/tool/index.ts';
import { benchHost, median, only, scratch, times, wallMs, type BenchHost, type Row } from '../measure.ts';

const MODULE = new URL('../chewing.ts', import.meta.url);
const JSON_BYTES = 100_000_000;
const RUNS = 5;

const NEIGHBOURS = 99;
const NEIGHBOUR_TURNS = 6;
/** Between two turns of a neighbour: a host that is busy, and not one that is full. */
const THINK_MS = 1000;
const ROUNDS = 3;

const near: Tool = {
  name: 'near',
  description: 'Does nothing.',
  parameters: { type: 'object' },
  access: 'read',
  idempotent: true,
  parallel: true,
  intent: () => ({ summary: 'near', paths: [] }),
  run: () => Promise.resolve({ ok: true, text: 'done' }),
};
const thrower: Tool = { ...near, name: 'throw', run: () => Promise.reject(new Error('it threw')) };

/** An input is `TOOL ARGUMENTS`: the model calls it, then ends the turn. */
function answer({ messages }: ModelRequest): ScriptAnswer {
  const last = messages.at(-1);
  if (last?.role !== 'user') return [{ text: 'done' }];
  const [part] = last.parts;
  const [, tool = '', args = '{}'] = /^(\S+) (.*)$/.exec(part?.type === 'text' ? part.text : '') ?? [];
  return [{ call: tool, args: JSON.parse(args) as Record<string, string> }];
}

async function turn({ host }: BenchHost, folder: string, input: string): Promise<void> {
  const session = await host.create({ folder });
  await session.send(input);
  await session.settled();
}

/** The 99th percentile of how late the loop is while `work` runs, ms; the timer's own millisecond is in it. */
async function lagMs(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.percentile(99) / 1e6;
}

function writeJson(path: string): void {
  const item = JSON.stringify({ n: 1, name: 'a name', tags: ['one', 'two'], at: { x: 1.5, y: -2 } });
  writeFileSync(
    path,
    `[${Array.from({ length: Math.ceil(JSON_BYTES / (item.length + 1)) }, () => item).join()}]`,
  );
}

async function lagRows(bench: BenchHost, folder: string, far: Tool): Promise<readonly Row[]> {
  const path = join(folder, 'large.json');
  writeJson(path);
  const chew = (): Promise<void> => turn(bench, folder, `chew ${JSON.stringify({ path })}`);
  await chew();
  const lags = await times(RUNS, () => lagMs(chew));
  const idle = await times(RUNS, () => lagMs(() => pause(2000)));
  const context = {
    session: 's',
    call: 'c',
    folder,
    signal: new AbortController().signal,
    outputBytes: 1000,
  };
  const call = (): Promise<unknown> => far.run({}, { ...context, progress: () => undefined });
  await call();
  return [
    {
      name: 'loop lag, p99, while one session chews 100 MB of JSON in a tool',
      value: median(lags),
      unit: 'ms',
      floor: { name: 'idle loop', value: median(idle) },
      limit: 50,
    },
    {
      name: 'a call of a no-op tool in its process, warm',
      value: median(await times(50, () => wallMs(call))),
      unit: 'ms',
    },
  ];
}

/** The median time of a turn of the neighbours, ms. */
async function latency({ host }: BenchHost, folder: string): Promise<number> {
  const neighbour = async (n: number): Promise<readonly number[]> => {
    const session = await host.create({ folder });
    await pause((n / NEIGHBOURS) * THINK_MS);
    return times(NEIGHBOUR_TURNS, async () => {
      const took = await wallMs(async () => {
        await session.send('near {}');
        await session.settled();
      });
      await pause(Math.max(0, THINK_MS - took));
      return took;
    });
  };
  return median((await Promise.all(Array.from({ length: NEIGHBOURS }, (_, n) => neighbour(n)))).flat());
}

const FAILING = [
  'throw {}',
  'exec {"command":"yes | head -c 20000000"}',
  'block {}',
  'eat {}',
  'exec {"command":"kill -9 $$"}',
];

/** The five fail while `work` runs, each again as often as the others have a turn. */
async function amidFailures<T>(bench: BenchHost, folder: string, work: () => Promise<T>): Promise<T> {
  let over = false;
  const sessions = await Promise.all(FAILING.map(() => bench.host.create({ folder })));
  const failing = sessions.map(async (session, n) => {
    while (!over) {
      await session.send(FAILING[n] ?? '');
      await session.settled();
      await pause(THINK_MS);
    }
  });
  const result = await work();
  over = true;
  // Those between two turns refuse.
  await Promise.allSettled(sessions.map((session) => session.cancel()));
  await Promise.all(failing);
  return result;
}

async function neighbourRow(bench: BenchHost, folder: string): Promise<Row> {
  await latency(bench, folder);
  const pairs: { alone: number; amid: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await latency(bench, folder);
    pairs.push({ alone, amid: await amidFailures(bench, folder, () => latency(bench, folder)) });
  }
  const alone = median(pairs.map((pair) => pair.alone));
  return {
    name: 'a turn with one tool, 99 sessions, while five others throw, flood, block, eat memory and are killed',
    value: median(pairs.map(({ amid }) => amid)),
    unit: 'ms',
    floor: { name: 'without those five', value: alone },
    limit: alone * 1.2,
  };
}

export async function isolationRows(): Promise<readonly Row[]> {
  using home = scratch();
  using folder = scratch();
  const model = scriptedModel({ answers: answer });
  await using own = await workerTools({ modules: [MODULE] });
  const exec = builtinTools({ environment: process.env }).filter(({ name }) => name === 'exec');
  const far = own.tools.find(({ name }) => name === 'far') ?? near;
  const tools = [...own.tools, ...exec, near, thrower];
  await using bench = await benchHost(home.path, { models: only(model), model: model.id, tools });
  return [...(await lagRows(bench, folder.path, far)), await neighbourRow(bench, folder.path)];
}
