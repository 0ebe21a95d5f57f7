// Five sessions fail, each in its own way, and one of them for ever. The 99 beside them complete every turn, and whoever follows
// them misses no event. How much slower they get is measured in bench/rows/isolation.ts.
import { once } from 'node:events';
import { watch } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SessionHandle } from '../../src/host/index.ts';
import { scriptedModel, type ModelRequest, type ScriptAnswer } from '../../src/model/index.ts';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { openTestHost, testTool, throwingTool, type TestHost } from '../../src/testing/index.ts';
import { builtinTools, workerTools, type WorkerTools } from '../../src/tool/index.ts';
import { allEvents, violations } from '../oracle.ts';

const NEIGHBOURS = 99;
const TURNS = 3;
const MODULE = new URL('../../src/tool/worker/tools.fixture.ts', import.meta.url);

/** What the failing sessions ask for, and how their call ends. */
const FAILING: readonly [input: string, status: string, message: string][] = [
  ['throw {}', 'error', 'the tool threw'],
  ['exec {"command":"yes | head -c 20000000"}', 'ok', ''],
  ['pushes {}', 'error', 'it used more memory than it may'],
  ['exec {"command":"kill -9 $$"}', 'error', 'ended by SIGKILL'],
];

let own: WorkerTools;
let test: TestHost;
beforeAll(async () => {
  own = await workerTools({ modules: [MODULE], memoryMb: 128 });
  const exec = builtinTools({ environment: { PATH: process.env['PATH'] } }).filter(
    ({ name }) => name === 'exec',
  );
  test = await openTestHost({
    model: scriptedModel({ answers: answer }),
    tools: [...own.tools, ...exec, throwingTool(), testTool({ name: 'near' })],
    limits: { turns: 128, requestsPerProvider: 128 },
  });
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await own.close();
});

/** An input is `TOOL ARGUMENTS`: the model calls it, then ends the turn. */
function answer({ messages }: ModelRequest): ScriptAnswer {
  const last = messages.at(-1);
  if (last?.role !== 'user') return [{ text: 'done' }];
  const [part] = last.parts;
  const [, tool = '', args = '{}'] = /^(\S+) (.*)$/.exec(part?.type === 'text' ? part.text : '') ?? [];
  return [{ call: tool, args: JSON.parse(args) as Record<string, string> }];
}

/** Follows from the start until so many turns have finished. */
async function follow(session: SessionHandle, turns: number): Promise<readonly SessionEvent[]> {
  const seen: SessionEvent[] = [];
  let finished = 0;
  for await (const item of session.follow()) {
    if (item.type === 'delta') continue;
    seen.push(item);
    if (item.type === 'turn.finished' && ++finished === turns) break;
  }
  return seen;
}

async function neighbour(n: number): Promise<void> {
  const session = await test.session();
  const following = follow(session, TURNS);
  for (let turn = 0; turn < TURNS; turn++) {
    await session.send(`${n % 3 === 0 ? 'echo' : 'near'} {"turn":"${turn}"}`);
    await session.settled();
  }
  const seen = await following;
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_event, index) => index + 1));
  expect(seen).toEqual(await allEvents(test.store, session.id));
  expect(violations(seen)).toEqual([]);
  for (const { type, data } of seen) {
    if (type === 'turn.finished') expect(data.outcome).toBe('completed');
    if (type === 'tool.finished') expect(data.status).toBe('ok');
  }
  expect(seen.filter(({ type }) => type === 'tool.finished')).toHaveLength(TURNS);
}

it('99 sessions work on while others throw, flood, block, eat memory and are killed', async () => {
  const blocked = await test.session();
  const watcher = watch(test.folder);
  await Promise.all([once(watcher, 'change'), blocked.send('block {}')]); // it writes a file before it blocks
  watcher.close();
  const failing = FAILING.map(async ([input, status, message]) => {
    const session = await test.session();
    const following = follow(session, 1);
    await session.send(input);
    const events = await following;
    const finished = events.find(({ type }) => type === 'tool.finished');
    expect(finished).toMatchObject({ data: { status } });
    expect(JSON.stringify(finished)).toContain(message);
    expect(violations(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'turn.finished', data: { outcome: 'completed' } });
  });
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, n) => neighbour(n));
  await Promise.all([...neighbours, ...failing]);

  expect(await blocked.summary()).toMatchObject({ status: 'running' });
  await blocked.cancel('it never ends');
  expect(await blocked.settled()).toMatchObject({ status: 'idle' });
  const end = await allEvents(test.store, blocked.id);
  expect(end.find(({ type }) => type === 'tool.finished')).toMatchObject({ data: { status: 'cancelled' } });
  expect(end.at(-1)).toMatchObject({ type: 'turn.finished', data: { outcome: 'cancelled' } });
  expect(test.faults).toEqual([]);
  expect(test.host.inspect()).toMatchObject({ crashes: 0, turns: { inUse: 0, waiting: 0 } });
  expect(own.inspect()).toMatchObject({ inUse: 0, waiting: 0 });
}, 120_000);
