// What the daemon says of itself, from the outside; and that nobody notices when it cannot be said.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeAt } from '../../config/index.ts';
import { scriptedModel, testTool } from '../../testing/index.ts';
import { createToken } from '../index.ts';
import { openInside, ownerWire } from '../fixtures.ts';
import { httpApp } from '../http.ts';
import { readHealth } from './health-file.ts';
import { parseExposition, type Parsed } from './parse.ts';

const LOOK = testTool({ name: 'look' });
const USAGE = { input: 100, output: 20, cachedInput: 40 };

function value(parsed: Parsed, name: string, labels: Record<string, string> = {}): number | undefined {
  const family = parsed.get(name.replace(/_(bucket|sum|count)$/, '')) ?? parsed.get(name);
  return family?.samples.find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, label]) => sample.labels[key] === label),
  )?.value;
}

const get = (app: ReturnType<typeof httpApp>, path: string, token?: string) =>
  app.request(path, {
    headers: { host: '127.0.0.1', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });

describe('the numbers', () => {
  it('tell of a turn with a tool, of what it used and what failed', async () => {
    await using inside = await openInside({
      tools: [LOOK],
      answers: [
        [{ call: 'look', args: {} }, { usage: USAGE }],
        [{ text: 'done' }],
        [{ fail: { message: 'no' } }],
      ],
    });
    const { test, shared } = inside;
    const session = await test.session();
    await session.send('go');
    await session.settled();
    await session.send('again');
    await session.settled();
    const parsed = parseExposition(await shared.telemetry.scrape());
    expect(value(parsed, 'carrel_turn_seconds_count', { outcome: 'completed' })).toBe(1);
    expect(value(parsed, 'carrel_turn_seconds_count', { outcome: 'failed' })).toBe(1);
    expect(value(parsed, 'carrel_tool_seconds_count', { tool: 'look', status: 'ok' })).toBe(1);
    expect(value(parsed, 'carrel_model_request_seconds_count', { outcome: 'ok' })).toBe(2);
    expect(value(parsed, 'carrel_tokens_total', { kind: 'input' })).toBe(100);
    expect(value(parsed, 'carrel_tokens_total', { kind: 'cached' })).toBe(40);
    expect(value(parsed, 'carrel_provider_faults_total', { code: 'provider_failed' })).toBe(1);
    expect(value(parsed, 'carrel_errors_total', { where: 'turn', code: 'provider_failed' })).toBe(1);
    expect(value(parsed, 'carrel_session_create_seconds_count')).toBe(1);
    expect(value(parsed, 'carrel_sessions', { status: 'idle' })).toBe(1);
    expect(value(parsed, 'carrel_sessions_resident', { residency: 'live' })).toBe(1);
    expect(value(parsed, 'carrel_slots_free', { level: 'host' })).toBe(24);
    expect(value(parsed, 'carrel_ready')).toBe(1);
    // Nothing that there is one of for each session.
    expect(await shared.telemetry.scrape()).not.toContain(session.id);
  });

  it('are for whoever may observe, or for all of this machine where the settings say so', async () => {
    await using closed = await openInside();
    const app = httpApp(closed.shared);
    const make = (name: string, scopes: ('observe' | 'prompt')[], sessions?: string[]): string =>
      createToken(closed.home, { name, scopes, ...(sessions === undefined ? {} : { sessions }) }, 0);
    const refused = get(app, '/metrics');
    await closed.test.clock.advance(5_000);
    expect((await refused).status).toBe(401);
    expect((await get(app, '/metrics', make('sender', ['prompt']))).status).toBe(403);
    expect((await get(app, '/metrics', make('one', ['observe'], ['ses_01']))).status).toBe(403);
    const answer = await get(app, '/metrics', make('looker', ['observe']));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(value(parseExposition(await answer.text()), 'carrel_errors_total', { code: 'forbidden' })).toBe(2);
    await using open = await openInside({ telemetry: { metrics: 'loopback' } });
    expect((await get(httpApp(open.shared), '/metrics')).status).toBe(200);
  });

  it('count calls by method and code, with one series for all that is no method', async () => {
    await using inside = await openInside();
    const wire = await ownerWire(inside.shared);
    await wire.call('session/get', { session: 'ses_none' });
    for (const method of ['a/b', 'c/d']) await wire.call(method);
    const parsed = parseExposition(await inside.shared.telemetry.scrape());
    expect(value(parsed, 'carrel_rpc_seconds_count', { method: 'session/get' })).toBe(1);
    expect(value(parsed, 'carrel_rpc_seconds_count', { method: 'unknown' })).toBe(2);
    expect(value(parsed, 'carrel_connections')).toBe(1);
  });
});

it('writes no key that a session was handed, whether it was taken or not', async () => {
  await using inside = await openInside();
  const { shared, test, home } = inside;
  const { id: session } = await test.session();
  const wire = await ownerWire(shared);
  const apiKey = 'a-key-of-one-session';
  const refused = await wire.call('session/credentials', { session, provider: 'local', apiKey });
  expect(refused.error?.data).toMatchObject({ code: 'conflict' });
  shared.telemetry.fault('a provider', new Error(`401 for ${apiKey}`));
  await shared.telemetry.flush();
  const log = readFileSync(join(home.logs, 'daemon.log'), 'utf8');
  expect(log).toContain('401 for (hidden)');
  expect(log).not.toContain(apiKey);
});

describe('readiness', () => {
  it('says why not, everywhere the same', async () => {
    await using inside = await openInside();
    const { shared, home } = inside;
    const app = httpApp(shared);
    expect(await (await get(app, '/health/ready')).json()).toEqual({ ready: true, reasons: [] });
    shared.telemetry.drain();
    const answer = await get(app, '/health/ready');
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { ready: false, reasons: ['draining: the daemon is stopping'] },
    ]);
    expect(value(parseExposition(await shared.telemetry.scrape()), 'carrel_ready')).toBe(0);
    await inside.shared.telemetry.flush();
    expect(readHealth(home.health)).toMatchObject({ ready: false, pid: process.pid });
  });

  it('is in the health file, which is written again and again and gone in the end', async () => {
    const inside = await openInside({ telemetry: { healthMs: 1_000 } });
    const { home, test } = inside;
    await inside.shared.telemetry.flush();
    const first = readHealth(home.health);
    expect(first).toMatchObject({ ready: true, live: 0 });
    expect((first?.validUntil ?? 0) - (first?.at ?? 0)).toBe(3_000);
    await test.session();
    await test.clock.advance(1_000);
    await inside.shared.telemetry.flush();
    expect(readHealth(home.health)).toMatchObject({ live: 1, at: (first?.at ?? 0) + 1_000 });
    await inside.shared.telemetry[Symbol.asyncDispose]();
    expect(readHealth(home.health)).toBeUndefined();
    await inside[Symbol.asyncDispose]();
  });
});

describe('when nothing can be got rid of', () => {
  it('turns go on, and what was lost is counted', async () => {
    await using inside = await openInside({
      answers: [[{ text: 'one' }], [{ text: 'two' }]],
      telemetry: { healthMs: 1_000 },
      prepare: (folder) => {
        const home = homeAt(folder);
        mkdirSync(join(home.logs, 'daemon.log'), { recursive: true });
        mkdirSync(home.health);
      },
    });
    const { test, shared, home } = inside;
    await test.clock.advance(2_500);
    const session = await test.session();
    await session.send('go');
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
    await inside.shared.telemetry.flush();
    const parsed = parseExposition(await shared.telemetry.scrape());
    expect(value(parsed, 'carrel_sink_failures_total', { sink: 'health_file' })).toBeGreaterThan(0);
    expect(value(parsed, 'carrel_sink_failures_total', { sink: 'log' })).toBeGreaterThan(0);
    // And once it can, it does.
    rmSync(home.health, { recursive: true });
    await test.clock.advance(1_000);
    await inside.shared.telemetry.flush();
    expect(readHealth(home.health)?.sinkFailures).toBeGreaterThan(0);
  });

  it('numbers are still given while the store cannot count, as they were', async () => {
    await using inside = await openInside();
    await inside.test.session();
    await inside.shared.telemetry.scrape();
    inside.shared.telemetry.watch({
      host: {
        inspect: () => inside.test.host.inspect(),
        counts: () => Promise.reject(new Error('the test says so')),
      },
      connections: () => 0,
    });
    const parsed = parseExposition(await inside.shared.telemetry.scrape());
    expect(value(parsed, 'carrel_sessions', { status: 'idle' })).toBe(1);
    expect(value(parsed, 'carrel_sink_failures_total', { sink: 'scrape' })).toBe(1);
  });
});

describe('the log', () => {
  it('has a line for a turn with its ids, and no word of what was said', async () => {
    const model = scriptedModel({ answers: [[{ text: 'the answer' }]] });
    const inside = await openInside({ model });
    const session = await inside.test.session();
    await session.send('the question');
    await session.settled();
    await inside.shared.telemetry.flush();
    const lines = readFileSync(join(inside.home.logs, 'daemon.log'), 'utf8');
    expect(lines).toMatch(
      new RegExp(`"session":"${session.id}","turn":"trn_[^"]+"[^\\n]*"message":"a turn ended"`),
    );
    expect(lines).not.toMatch(/the answer|the question/);
    await inside[Symbol.asyncDispose]();
  });
});
