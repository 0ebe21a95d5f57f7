// Doctor goes through every door of a daemon, and says what is wrong and what to do.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../base/index.ts';
import { DEFAULT_TELEMETRY, homeAt, type Home } from '../config/index.ts';
import { openDaemon, openTelemetry, type Daemon, type Telemetry } from '../daemon/index.ts';
import { openTestHost, type TestHost } from '../testing/index.ts';
import type { Check } from './check.ts';
import { checkDaemon } from './daemon-checks.ts';

describe('doctor', () => {
  let home: Home;
  let test: TestHost;
  let telemetry: Telemetry;
  let daemon: Daemon;

  beforeEach(async () => {
    home = homeAt(mkdtempSync(join(tmpdir(), 'carrel-doctor-')));
    test = await openTestHost({ answers: [[{ text: 'hello' }]] });
    const settings = { ...DEFAULT_TELEMETRY, logLevel: 'silent' } as const;
    const common = { home, version: '0.0.0', clock: systemClock };
    telemetry = await openTelemetry({ ...common, settings, secrets: [] });
    const { host } = test;
    daemon = await openDaemon({ ...common, host, random: systemRandom, telemetry, onFault: () => undefined });
    await telemetry.flush();
  });
  afterEach(async () => {
    await daemon[Symbol.asyncDispose]();
    await telemetry[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
    rmSync(home.dataFolder, { recursive: true });
  });

  const check = (now = systemClock.now()): Promise<readonly Check[]> =>
    checkDaemon({ home, presence: daemon.presence, now });
  const wrong = (checks: readonly Check[]): string[] =>
    checks.filter(({ ok }) => !ok).map(({ name, what }) => `${name}: ${what}`);

  it('goes through every door, with and without a session', async () => {
    const names = [
      'daemon',
      'daemon token',
      'daemon live',
      'daemon ready',
      'daemon metrics',
      'daemon rpc',
      'daemon events',
      'daemon websocket',
      'daemon socket',
      'daemon health file',
    ];
    const before = await check();
    expect([before.map(({ name }) => name), wrong(before)]).toEqual([names, []]);
    const session = await test.session({ name: 'one' });
    await session.send('go');
    await session.settled();
    const after = await check();
    expect(wrong(after)).toEqual([]);
    expect(after.find(({ name }) => name === 'daemon events')?.what).toBe('the events of one come');
  });

  it('says why no input is taken', async () => {
    telemetry.drain();
    await telemetry.flush();
    expect(wrong(await check())).toEqual(['daemon ready: draining: the daemon is stopping']);
  });

  it('finds a token that others can read, and knocks at no door with it', async () => {
    chmodSync(home.token, 0o644);
    const checks = await check();
    expect(checks.map(({ name }) => name)).toEqual(['daemon', 'daemon token', 'daemon health file']);
    expect(wrong(checks)[0]).toMatch(/daemon token: .*can be read/);
  });

  it('finds a token that is gone, and makes none', async () => {
    rmSync(home.token);
    expect(wrong(await check())).toEqual([`daemon token: ${home.token} is not there`]);
    expect(wrong(await check())).toHaveLength(1);
  });

  it('finds a socket that others can open', async () => {
    chmodSync(daemon.presence.socket, 0o666);
    expect(wrong(await check())).toEqual([
      `daemon socket: ${daemon.presence.socket} can be opened by others (mode 666)`,
    ]);
  });

  it('finds a health file that nobody looks after, and one of another process', async () => {
    const { validUntil, ...rest } = JSON.parse(readFileSync(home.health, 'utf8')) as { validUntil: number };
    expect(wrong(await check(validUntil + 1))).toEqual([expect.stringMatching(/health file: it is stale/)]);
    writeFileSync(home.health, JSON.stringify({ ...rest, validUntil, pid: 1 }));
    expect(wrong(await check())).toEqual([expect.stringMatching(/of process 1, which is not the daemon/)]);
  });

  it('finds that telemetry is lost', async () => {
    telemetry.sinkFailed('traces', new Error('the test says so'), 3);
    expect(wrong(await check())).toEqual(['daemon metrics: telemetry was lost: traces 3 times']);
  });

  it('waits for no answer that does not come', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
    const presence = { ...daemon.presence, url };
    const checks = await checkDaemon({ home, presence, now: systemClock.now(), patienceMs: 50 });
    expect(checks.find(({ name }) => name === 'daemon live')).toMatchObject({
      ok: false,
      what: 'no answer came in time',
      remedy: expect.stringMatching(/restart/) as string,
    });
    silent.closeAllConnections();
    silent.close();
  });

  it('tells a daemon that ended without a word from none', async () => {
    const now = systemClock.now();
    expect(wrong(await checkDaemon({ home, presence: undefined, now }))).toEqual([
      expect.stringMatching(/daemon: none serves this home, and process \d+, .* ended without a word/),
    ]);
    rmSync(home.health);
    expect(wrong(await checkDaemon({ home, presence: undefined, now }))).toEqual([]);
  });
});
