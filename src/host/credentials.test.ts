// Keys of a session's own: used for its requests and no others, and found nowhere afterwards.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import { builtInProfiles } from '../config/index.ts';
import { codeOf } from '../protocol/index.ts';
import { startProviderServer, type ProviderServer } from '../testing/index.ts';
import {
  builtinTools,
  createModels,
  createTools,
  nearLink,
  openHost,
  openSqliteStore,
  systemRandom,
} from './index.ts';
import type { Host, HostOptions } from './port.ts';

const KEY = 'sk-planted-4f9a1c77e2';
const WRONG = 'sk-wrong-81c2d3e4f5';

let server: ProviderServer;
let folder: string;
let faults: unknown[];

beforeEach(async () => {
  server = await startProviderServer({ apiKey: KEY });
  server.script(() => [{ text: 'Hello.' }]);
  folder = mkdtempSync(join(tmpdir(), 'carrel-credentials-'));
  faults = [];
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<HostOptions> = {}, apiKey?: string): Promise<Host> {
  const provider = { name: 'local', kind: 'openai-compatible', apiKeyEnv: 'LOCAL_KEY' } as const;
  const baseUrl = server.baseUrl('openai-compatible');
  return openHost({
    store: await openSqliteStore({ home: join(folder, 'home') }),
    models: createModels({ clock: systemClock, providers: [{ ...provider, baseUrl, apiKey }] }),
    tools: createTools([]),
    profiles: new Map(
      [...builtInProfiles('local/qwen3')].map(([name, profile]) => [name, { ...profile, tools: [] }]),
    ),
    onFault: (fault) => void faults.push(fault),
    ...options,
  });
}

const own = { change: { credentials: 'session' } } as const;

/** Every byte that a home holds. */
function everything(): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return files.map((path) => (statSync(path).isFile() ? readFileSync(path, 'latin1') : '')).join('\n');
}

async function ended(host: Host, id: string, text: string): Promise<string | undefined> {
  const session = await host.session(id);
  await session.send(text);
  const { lastOutcome, error } = await session.settled();
  return lastOutcome === 'completed' ? lastOutcome : error?.message;
}

describe('a session with credentials of its own', () => {
  it('uses what it was handed, and says what is missing after a restart', async () => {
    const first = await open();
    const { id } = await first.create({ folder, ...own });
    expect(await ended(first, id, 'hi')).toMatch(
      /uses keys of its own, and none for the provider local is here/,
    );
    await first.setCredentials(id, 'local', { apiKey: KEY });
    expect(await ended(first, id, 'hi')).toBe('completed');
    await first.close();
    const second = await open();
    expect(await ended(second, id, 'again')).toContain(`session/credentials of ${id}`);
    await second.setCredentials(id, 'local', { apiKey: KEY });
    const session = await second.session(id);
    await session.continue();
    expect((await session.settled()).lastOutcome).toBe('completed');
    await second.setCredentials(id, 'local', undefined);
    expect(await ended(second, id, 'and now')).toContain('is here: hand it over');
    await second.close();
    expect(everything()).not.toContain(KEY);
    expect(JSON.stringify(faults)).not.toContain(KEY);
  });

  it('never falls back to the key of the host', async () => {
    await using host = await open({}, KEY);
    const { id } = await host.create({ folder, ...own });
    expect(await ended(host, id, 'hi')).toContain('uses keys of its own');
    await host.setCredentials(id, 'local', { apiKey: WRONG });
    expect(await ended(host, id, 'hi')).toMatch(/refused the key that the session was handed/);
    const other = await host.create({ folder });
    expect(await ended(host, other.id, 'hi')).toBe('completed');
    expect(await host.setCredentials(other.id, 'local', { apiKey: KEY }).catch(codeOf)).toBe('conflict');
    expect(everything()).not.toContain(WRONG);
  });

  describe('that has a child', () => {
    /** The parent spawns once, which `meanwhile` is told of; whoever is asked else says Hello. */
    const spawning = (meanwhile: () => Promise<void>): void =>
      server.script(async ({ text, rounds }) => {
        if (text !== 'spawn' || rounds > 0) return [{ text: 'Hello.' }];
        await meanwhile();
        return [{ call: { tool: 'spawn', args: { prompt: 'say hello' } } }];
      });
    const children: Partial<HostOptions> = {
      tools: createTools(builtinTools()),
      profiles: builtInProfiles('local/qwen3'),
    };

    it('hands it the same ones, and no key of the host', async () => {
      await using host = await open(children, WRONG);
      const { id } = await host.create({ folder, ...own });
      await host.setCredentials(id, 'local', { apiKey: KEY });
      spawning(() => Promise.resolve());
      expect(await ended(host, id, 'spawn')).toBe('completed');
      const [child] = await host.children(id);
      expect(child).toMatchObject({ lastOutcome: 'completed' });
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
        Array(3).fill(`Bearer ${KEY}`),
      );
      expect(server.refusals).toEqual([]);
    });

    it('leaves it without any when they are taken back, though the host has one', async () => {
      await using host = await open(children, KEY);
      const { id } = await host.create({ folder, ...own });
      await host.setCredentials(id, 'local', { apiKey: KEY });
      spawning(() => host.setCredentials(id, 'local', undefined));
      expect(await ended(host, id, 'spawn')).toContain(`session/credentials of ${id}`);
      const [child] = await host.children(id);
      expect(child).toMatchObject({
        lastOutcome: 'failed',
        error: {
          code: 'model_unavailable',
          message: expect.stringContaining(`session/credentials of ${id}`) as string,
        },
      });
      expect(server.requests).toHaveLength(1);
    });
  });

  it('forgets them when it is erased', async () => {
    await using host = await open();
    const { id } = await host.create({ folder, ...own });
    await host.setCredentials(id, 'local', { apiKey: KEY });
    await host.erase(id);
    expect(await host.setCredentials(id, 'local', { apiKey: KEY }).catch(codeOf)).toBe('not_found');
  });

  it('is handed them over a link too', async () => {
    await using host = await open();
    const link = nearLink(host, { clock: systemClock, random: systemRandom });
    const { session } = await link.call('session/create', { folder, ...own });
    expect(await link.call('session/credentials', { session, provider: 'local', apiKey: KEY })).toEqual({});
    expect(await ended(host, session, 'hi')).toBe('completed');
  });
});

describe('a resolver', () => {
  it('is asked for each request, and is told whose it is', async () => {
    const asked: unknown[] = [];
    let apiKey = KEY;
    await using host = await open({
      credentials: async (question) => {
        asked.push(question);
        return Promise.resolve({ apiKey });
      },
    });
    const { id } = await host.create({ folder, tags: { user: 'ada' } });
    expect(await ended(host, id, 'hi')).toBe('completed');
    apiKey = WRONG;
    expect(await ended(host, id, 'hi')).toContain('refused the key');
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual({
      session: id,
      root: id,
      owner: 'local',
      tags: { user: 'ada' },
      provider: 'local',
      model: 'local/qwen3',
    });
    expect(everything()).not.toMatch(new RegExp(`${KEY}|${WRONG}`));
  });

  it('that fails fails the turn and no other', async () => {
    await using host = await open({
      credentials: ({ tags }) => {
        if (tags['user'] === 'eve') throw new Error('the vault is shut');
        return { apiKey: KEY };
      },
    });
    const [bad, good] = [await host.create({ folder, tags: { user: 'eve' } }), await host.create({ folder })];
    expect(await ended(host, bad.id, 'hi')).toContain('the vault is shut');
    expect(await ended(host, good.id, 'hi')).toBe('completed');
  });
});
