// Costs and limits through the real command, against a server that reports what each request used.
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SessionSummary } from '../../src/protocol/index.ts';
import { startProviderServer, type ProviderServer } from '../../src/testing/index.ts';
import { Desk } from './cli.ts';

/** Dollars for a million tokens: an answer of the server costs a tenth of a dollar. */
const PRICE = { input: 1_000, output: 1_000 };

function configure(desk: Desk, server: ProviderServer): void {
  const models = { dear: { outputTokens: 400, price: PRICE }, mystery: {} };
  const local = {
    kind: 'openai-compatible',
    baseUrl: server.baseUrl('openai-compatible'),
    apiKey: server.apiKey,
    models,
  };
  // A short prompt, so that the price of what is sent stays small.
  const profiles = { default: { prompt: 'Answer.', tools: [] } };
  mkdirSync(desk.home, { recursive: true, mode: 0o700 });
  const config = { model: 'local/dear', providers: { local }, profiles };
  writeFileSync(join(desk.home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
}

interface Shown {
  readonly session: SessionSummary;
}

it('a run stops at its budget, says what it cost, and goes on when the budget is raised', async () => {
  await using server = await startProviderServer();
  server.script(() => [{ text: 'Yes.' }, { usage: { input: 60, output: 40 } }]);
  using desk = new Desk();
  configure(desk, server);

  expect((await desk.run(['run', '-s', 'a', '--budget', '0.6', 'one'])).code).toBe(0);
  const { session } = await desk.json<Shown>(['show', 'a']);
  expect(session).toMatchObject({
    spending: { cost: 100_000, unknown: 0 },
    budget: [{ scope: 'subtree', measure: 'usd', limit: 0.6, spent: 0.1, reserved: 0 }],
  });
  const codes: unknown[] = [];
  for (let turn = 0; turn < 6 && codes.at(-1) !== 3; turn++)
    codes.push((await desk.run(['run', '-s', 'a', 'more'])).code);
  expect(codes.at(-1)).toBe(3);
  const paused = await desk.run(['show', 'a', '-n', '0']);
  expect(paused.stdout).toMatch(/status +paused, last turn halted/);
  expect(paused.stdout).toMatch(/limit_reached: The budget of the subtree is reached/);
  expect(paused.stdout).toMatch(/cost +\$0\.\d+\n/);
  expect((await desk.run(['wait', 'a'])).code).toBe(3);

  const asked = server.requests.length;
  expect((await desk.run(['continue', 'a', '--budget', '0.6'])).code).toBe(2);
  expect((await desk.run(['continue', 'a'])).code).toBe(3);
  expect(server.requests).toHaveLength(asked);
  expect((await desk.run(['continue', 'a', '--budget', '9'])).code).toBe(0);
  expect(server.requests).toHaveLength(asked + 1);
  const { sessions } = await desk.json<{ sessions: readonly SessionSummary[] }>(['list']);
  expect(sessions).toMatchObject([{ status: 'idle', spending: { cost: 100_000 * (asked + 1) } }]);
});

it('a price that nobody knows is said to be unknown', async () => {
  await using server = await startProviderServer();
  server.script(() => [{ text: 'Yes.' }, { usage: { input: 60, output: 40 } }]);
  using desk = new Desk();
  configure(desk, server);
  expect((await desk.run(['models'])).stdout).toMatch(/local\/mystery +local +unknown +unknown/);
  const { models } = await desk.json<{ models: readonly { model: string; price: unknown }[] }>(['models']);
  expect(models.map(({ model, price }) => [model, price])).toEqual([
    ['local/dear', PRICE],
    ['local/mystery', null],
    ['offline/practice', { input: 0, output: 0 }],
  ]);
  expect((await desk.run(['run', '-s', 'b', '-m', 'local/mystery', 'hi'])).code).toBe(0);
  expect((await desk.run(['show', 'b', '-n', '0'])).stdout).toMatch(/cost +unknown \(1 request\)/);
});
