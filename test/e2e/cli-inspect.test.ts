import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/index.ts';
import { Desk } from './cli.ts';

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
