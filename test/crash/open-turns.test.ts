// A host that is killed with many turns open: its successor serves at once, and every turn is continued or paused, as its profile
// says, without a tool that ran twice. How soon it serves is told, not asserted: machines differ.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { openSqliteReader } from '../../src/store/index.ts';
import { readLedger, startProviderServer, type ProviderAnswer } from '../../src/testing/index.ts';
import { allEvents, violations } from '../oracle.ts';
import type { Place } from './host.ts';
import type { Reached } from './open-turns-child.ts';
import { MODELS } from './script.ts';

const COUNT = process.env['CARREL_TEST_LONG'] === undefined ? 40 : 200;

const OPEN: Readonly<Record<string, ProviderAnswer>> = {
  text: [{ text: 'I begin.' }, { silence: true }],
  tool: [{ text: 'I look.' }, { call: { tool: 'ledger', args: {} } }],
};
const DONE: ProviderAnswer = [{ text: 'It is done.' }];

/** Runs until it has said this, or ends; then it is killed. */
async function live(args: readonly string[], until: string): Promise<readonly Reached[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'open-turns-child.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const reached: Reached[] = [];
  for await (const line of createInterface(child.stdout)) {
    reached.push(JSON.parse(line) as Reached);
    if (until in (reached.at(-1) ?? {})) break;
  }
  child.kill('SIGKILL');
  await closed;
  return reached;
}

async function within<T>(work: (root: string) => Promise<T>): Promise<T> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-open-turns-')));
  try {
    mkdirSync(join(root, 'work'));
    return await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

it(`is followed by one that goes on with all ${String(COUNT)} turns`, { timeout: 120_000 }, () =>
  within(async (root) => {
    await using server = await startProviderServer();
    const kind = 'openai-compatible';
    const place: Place = {
      home: join(root, 'home'),
      folder: join(root, 'work'),
      ledger: join(root, 'ledger'),
      kind,
      model: MODELS[kind],
      baseUrl: server.baseUrl(kind),
      apiKey: server.apiKey,
    };
    server.script(({ text }) => OPEN[text] ?? DONE);
    expect(await live([JSON.stringify(place), String(COUNT)], 'open')).toEqual([{ open: COUNT }]);
    server.script(() => DONE);
    const [serving, rested] = await live([JSON.stringify(place)], 'rested');
    expect(rested).toEqual({ rested: COUNT });
    expect(serving).toMatchObject({ servingMs: expect.any(Number) as number });
    process.stdout.write(`with ${String(COUNT)} open turns, after its start: ${JSON.stringify(serving)}\n`);

    const runs = new Map<string, Map<string, number>>();
    for (const { session, call } of readLedger(place.ledger)) {
      const own = runs.get(session) ?? new Map<string, number>();
      runs.set(session, own.set(call, (own.get(call) ?? 0) + 1));
    }
    await using reader = await openSqliteReader({ home: place.home });
    const { sessions } = await reader.list({ owner: 'local', limit: 10_000 });
    const opened = sessions.filter(({ name }) => name !== 'after');
    expect(opened).toHaveLength(COUNT);
    for (const { session, name, lastOutcome } of opened) {
      const n = Number(name.slice(1));
      const events = await allEvents(reader, session);
      const own = runs.get(session) ?? new Map<string, number>();
      const inText = n % 2 === 0;
      expect({
        name,
        violations: violations(events, own),
        outcome: lastOutcome,
        runs: [...own.values()],
        calls: events.flatMap((event) => (event.type === 'tool.finished' ? [event.data.status] : [])),
        kept: events.flatMap((event) =>
          event.type === 'text.ended' && event.data.interrupted === true ? [event.data.text] : [],
        ),
      }).toEqual({
        name,
        violations: [],
        outcome: n % 4 < 2 ? 'completed' : 'interrupted',
        runs: inText ? [] : [1],
        calls: inText ? [] : ['unknown'],
        kept: inText ? ['I begin.'] : [],
      });
    }
    expect(server.refusals).toEqual([]);
  }),
);
