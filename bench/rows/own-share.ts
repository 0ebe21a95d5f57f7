// Where our own share of a durable delta goes, by a sampling profile of a real run: the main thread's CPU, split by the module
// whose code was nearest on the stack, and beside it what other threads used.
import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';
import { benchHost, cpuMicros, modelsAt, scratch, streamServer } from '../measure.ts';
import { DELTAS, SESSIONS, talk } from './deltas.ts';

const TURNS = 12;
const INTERVAL_MICROS = 200;

export interface Share {
  readonly part: string;
  /** CPU, µs a delta. */
  readonly micros: number;
}

/** The largest first. */
export async function ownShare(): Promise<readonly Share[]> {
  using home = scratch();
  await using server = await streamServer(DELTAS, 0);
  await using bench = await benchHost(home.path, { models: modelsAt(server.url), model: 'local/m' });
  const run = (): Promise<unknown> =>
    Promise.all(Array.from({ length: SESSIONS }, () => talk(bench.host, home.path, TURNS)));
  await run();
  let main = 0;
  let all = 0;
  const profile = await profiled(async () => {
    const before = process.threadCpuUsage();
    all = await cpuMicros(run);
    const { user, system } = process.threadCpuUsage(before);
    main = user + system;
  });
  const deltas = SESSIONS * TURNS * DELTAS;
  const parts = [...sampled(profile)].map(([part, share]) => ({ part, micros: (main * share) / deltas }));
  const others = {
    part: "other threads: the store's, the garbage collector's, the compiler's, the profiler's",
    micros: (all - main) / deltas,
  };
  return [...parts, others].toSorted((a, b) => b.micros - a.micros);
}

async function profiled(run: () => Promise<unknown>): Promise<Profiler.Profile> {
  using session = new DisposableSession();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROS });
  await session.post('Profiler.start');
  await run();
  const { profile } = await session.post('Profiler.stop');
  return profile;
}

class DisposableSession extends Session implements Disposable {
  constructor() {
    super();
    this.connect();
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }
}

/** Each part's share of the time in which the thread was neither idle nor busy with the profile. */
function sampled(profile: Profiler.Profile): ReadonlyMap<string, number> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const { functionName = '', url = '' } = nodes.get(id)?.callFrame ?? {};
    if (functionName === '(idle)' || url === 'node:inspector') continue;
    let at: number | undefined = id;
    while (at !== undefined && moduleOf(nodes.get(at)) === undefined) at = parents.get(at);
    const part = (at === undefined ? undefined : moduleOf(nodes.get(at))) ?? 'Node: fetch, streams, promises';
    const took = profile.timeDeltas?.[index] ?? 0;
    times.set(part, (times.get(part) ?? 0) + took);
    total += took;
  }
  return new Map([...times].map(([part, took]) => [part, took / total]));
}

function moduleOf(node: Profiler.ProfileNode | undefined): string | undefined {
  if (node?.callFrame.functionName === '(garbage collector)') return 'garbage collector';
  const [, module] = /\/(src\/[a-z]+|bench)\/[^:]*$/.exec(node?.callFrame.url ?? '') ?? [];
  return module === 'src/model' ? 'src/model: the adapter' : module;
}
