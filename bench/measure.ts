// What a row of the benchmark is, and how a figure is taken.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock, type Clock } from '../src/base/index.ts';
import { DEFAULT_SESSION_LIMITS } from '../src/config/index.ts';
import { openHost, type Host } from '../src/host/index.ts';
import { createModels } from '../src/model/index.ts';
import type { Profile } from '../src/protocol/index.ts';
import { openSqliteStore, type Store } from '../src/store/index.ts';
import { createTools, type Tool } from '../src/tool/index.ts';
import type { Model, Models } from '../src/model/index.ts';

/** One figure. `floor` is what has to happen whoever does it, measured in the same run; `limit` what is promised. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor?: { readonly name: string; readonly value: number };
  readonly limit?: number;
  /** The limit is the least that is promised, not the most. */
  readonly atLeast?: true;
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** CPU of this process and its threads while `work` runs, µs. */
export async function cpuMicros(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

export async function wallMs(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

export async function times(count: number, work: (n: number) => Promise<number>): Promise<readonly number[]> {
  const values: number[] = [];
  for (let n = 0; n < count; n++) values.push(await work(n));
  return values;
}

/** A folder that is gone when it is disposed. */
export function scratch(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'carrel-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Of a home, without what SQLite folds into the others. */
export function diskBytes(home: string): number {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce(
    (sum, file) =>
      sum +
      (file.name.endsWith('-wal') || file.name.endsWith('-shm')
        ? 0
        : statSync(join(file.parentPath, file.name)).size),
    0,
  );
}

export async function streamServer(
  deltas: number,
  everyMs: number,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'stream-server.ts'), String(deltas), String(everyMs)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

export function modelsAt(url: string): Models {
  return createModels({
    providers: [{ name: 'local', kind: 'openai-compatible', baseUrl: url, apiKey: 'none' }],
    clock: systemClock,
  });
}

export interface BenchHost extends AsyncDisposable {
  readonly host: Host;
  readonly store: Store;
}

/** A host on the embedded store, with limits raised where a row needs it. */
export async function benchHost(
  home: string,
  options: { models: Models; model: string; tools?: readonly Tool[]; clock?: Clock },
): Promise<BenchHost> {
  const store = await openSqliteStore({ home });
  const tools = options.tools ?? [];
  const profile: Profile = {
    name: 'default',
    prompt: 'You are being measured.',
    model: options.model,
    tools: tools.map((tool) => tool.name),
    mode: 'full',
    recovery: 'continue',
    continueOnLength: false,
    haltOnDenied: false,
    deny: { tools: [], paths: [] },
    limits: DEFAULT_SESSION_LIMITS,
  };
  const host = await openHost({
    store,
    models: options.models,
    tools: createTools(tools),
    profiles: new Map([['default', profile]]),
    limits: { turns: 64, requestsPerProvider: 64 },
    clock: options.clock ?? systemClock,
    onFault: ({ what, error }) => process.stderr.write(`fault: ${what}: ${String(error)}\n`),
  });
  return { host, store, [Symbol.asyncDispose]: () => host.close() };
}

/** One model, whatever is asked for. */
export function only(model: Model): Models {
  return { resolve: () => Promise.resolve(model), list: () => [model.id] };
}
