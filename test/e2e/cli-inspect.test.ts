import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, saying } from './cli.ts';
import { configure } from './wire.ts';

it('inspect slots shows every level, what is in use, and who knows when that is another process', async () => {
  using desk = new Desk();
  mkdirSync(desk.home, { recursive: true, mode: 0o700 });
  const local = { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/v1', requestsPerMinute: 30 };
  const config = { providers: { local }, tools: { exec: { atOnce: 2 } }, limits: { turns: 40 } };
  writeFileSync(join(desk.home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  const quiet = { inUse: 0, waiting: 0 };
  expect(await desk.json(['inspect', 'slots'])).toMatchObject({
    holder: null,
    slots: [
      { level: 'host', what: 'turns', capacity: 40, ...quiet, details: { reserve: 10 } },
      { level: 'provider', what: 'local', capacity: 6, ...quiet, details: { requestsPerMinute: 30 } },
      { level: 'session', what: 'turns', capacity: 1, ...quiet },
      { level: 'session', what: 'calls', capacity: 8, ...quiet },
      { level: 'tool', what: 'calls', capacity: 64, ...quiet },
      { level: 'tool', what: 'exec', capacity: 2, ...quiet },
    ],
  });
  await using _store = await openSqliteStore({ home: desk.home });
  expect(await desk.json(['inspect', 'slots'])).toMatchObject({
    holder: process.pid,
    slots: Array.from({ length: 6 }, () => ({ inUse: null, waiting: null })),
  });
  const { stdout } = await desk.run(['inspect', 'slots']);
  expect(stdout).toMatch(/^provider +local +6 +\? +\? +requestsPerMinute 30, waitingTurns 1000, wait 10m$/m);
  expect(stdout).toContain(`Process ${String(process.pid)} holds the home.`);
  expect(await desk.run(['inspect', 'everything'])).toMatchObject({ code: 2 });
});

it('inspect shows what only the daemon knows, nothing where none runs, and that it is unknown beside another', async () => {
  using desk = new Desk('start');
  await using server = await startProviderServer();
  server.script([{ text: 'a long story begins' }, { silence: true }]);
  configure(desk, server);
  expect(await desk.json(['inspect', 'sessions'])).toEqual({ holder: null, sessions: [] });
  expect(await desk.json(['inspect', 'buffers'])).toEqual({
    holder: null,
    buffers: { viewers: 0, viewersBehind: 0 },
  });
  const running = desk.start(['run', '-s', 'long', '--json', 'tell']);
  await saying(running.child.stdout, '"type":"delta"');
  const [sessions, buffers, limits, locks, people] = await Promise.all([
    desk.json(['inspect', 'sessions']),
    desk.json<{ buffers: { viewers: number } }>(['inspect', 'buffers']),
    desk.json(['inspect', 'limits']),
    desk.json(['inspect', 'locks']),
    desk.run(['inspect', 'limits']),
  ]);
  expect(sessions).toMatchObject({ sessions: [{ turns: 1, requests: 1, calls: 0 }] });
  expect(buffers.buffers.viewers).toBeGreaterThan(0);
  expect(limits).toMatchObject({
    limits: [{ provider: 'local', breaker: { state: 'closed', failures: 0 } }],
  });
  expect(locks).toMatchObject({ locks: [] });
  expect(people.stdout).toMatch(/^local +closed +0/m);
  await desk.run(['cancel', 'long']);
  await desk.run(['daemon', 'stop']);
  await using _store = await openSqliteStore({ home: desk.home });
  expect(await desk.json(['inspect', 'locks'])).toEqual({ holder: process.pid, locks: null });
  expect((await desk.run(['inspect', 'limits'])).stderr).toContain(`process ${String(process.pid)}`);
}, 120_000);
