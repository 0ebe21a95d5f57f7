import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import { startProviderServer } from '../testing/index.ts';
import { chooseAuto } from './auto.ts';
import { probeServer } from './probe.ts';
import type { ProviderOptions } from './providers/options.ts';
import { createModels } from './registry.ts';
import { MAX_ATTEMPTS, retryDelay } from './retry.ts';
import { scriptedModel } from './scripted.ts';
import { BUILT_IN_PROVIDERS } from './services.ts';
import { withBuiltIns } from './with-built-ins.ts';

const local: ProviderOptions = {
  name: 'local',
  kind: 'openai-compatible',
  baseUrl: 'http://127.0.0.1:1/v1',
  models: { 'org/qwen3': { images: true } },
};

describe('registry', () => {
  const scripted = scriptedModel({ answers: [] });
  const models = createModels({
    providers: [
      local,
      { name: 'anthropic', kind: 'anthropic', apiKeyEnv: 'ANTHROPIC_API_KEY' },
      { name: 'openai', kind: 'openai', apiKey: 'k' },
      { name: 'bare', kind: 'openai-compatible' },
    ],
    models: [scripted],
    clock: systemClock,
  });

  it('finds models whose names hold slashes, with what is configured for them', async () => {
    const model = await models.resolve('local/org/qwen3');
    expect(model).toMatchObject({ id: 'local/org/qwen3', provider: 'local', capabilities: { images: true } });
  });

  it('finds ready-made models and practice by their ids', async () => {
    expect(await models.resolve('scripted/model')).toBe(scripted);
    expect(await models.resolve('offline/practice')).toMatchObject({ provider: 'offline' });
  });

  it('lists what is configured', () => {
    const openai = `openai/${BUILT_IN_PROVIDERS['openai']?.defaultModel}`;
    expect(models.list()).toEqual(['local/org/qwen3', openai, 'offline/practice', 'scripted/model']);
  });

  it.each([
    ['gpt', 'no model "gpt": a model is named PROVIDER/MODEL; configured are local/org/qwen3'],
    ['/x', 'a model is named PROVIDER/MODEL'],
    ['local/', 'a model is named PROVIDER/MODEL'],
    ['nope/x', 'there is no provider nope; configured are local/org/qwen3'],
    ['offline/other', 'there is no provider offline'],
    ['anthropic/claude-x', 'provider anthropic has no key: set ANTHROPIC_API_KEY'],
    ['bare/x', 'provider bare has no baseUrl'],
  ])('%s is unavailable', async (id, message) => {
    await expect(models.resolve(id)).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining(message) as string,
      data: { model: id },
    });
  });
});

describe('built-in providers', () => {
  const env: Readonly<Record<string, string>> = { ANTHROPIC_API_KEY: 'a', WORK_KEY: 'w', XAI_API_KEY: '' };
  const all = withBuiltIns(
    [
      { name: 'openai', kind: 'openai', apiKeyEnv: 'WORK_KEY' },
      { name: 'groq', kind: 'openai-compatible', apiKey: 'literal' },
      { name: 'mistral', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/v1' },
      local,
    ],
    (variable) => env[variable],
  );
  const find = (name: string) => all.find((provider) => provider.name === name);

  it('come behind the configured ones, each once, with their keys', () => {
    expect(all.slice(0, 4).map(({ name }) => name)).toEqual(['openai', 'groq', 'mistral', 'local']);
    expect(all).toHaveLength(Object.keys(BUILT_IN_PROVIDERS).length + 1);
    expect(find('anthropic')).toMatchObject({ apiKey: 'a', apiKeyEnv: 'ANTHROPIC_API_KEY' });
    expect(find('xai')?.apiKey).toBeUndefined();
  });

  it('add what is missing, and nothing to what is another server', () => {
    expect(find('openai')).toMatchObject({ apiKey: 'w', apiKeyEnv: 'WORK_KEY' });
    expect(find('groq')).toMatchObject({ apiKey: 'literal', baseUrl: BUILT_IN_PROVIDERS['groq']?.baseUrl });
    expect(find('mistral')).toEqual({
      name: 'mistral',
      kind: 'openai-compatible',
      baseUrl: 'http://127.0.0.1:1/v1',
    });
    expect(find('local')).toEqual(local);
  });
});

describe('auto', () => {
  const choose = (keys: readonly string[], more: Partial<Parameters<typeof chooseAuto>[0]> = {}) =>
    chooseAuto({ providers: [], keysPresent: new Set(keys), ...more });

  it.each([
    [['OPENAI_API_KEY', 'ANTHROPIC_API_KEY'], /^anthropic\//, 'ANTHROPIC_API_KEY is set'],
    [['GEMINI_API_KEY', 'OPENROUTER_API_KEY'], /^google\//, 'GEMINI_API_KEY is set'],
    [['GROQ_API_KEY'], /^groq\/openai\//, 'GROQ_API_KEY is set'],
  ])('takes the first of %o', (keys, model, why) => {
    expect(choose(keys)).toMatchObject({ ok: true, model: expect.stringMatching(model) as string, why });
  });

  it('takes the configured default before any key, unless that is auto', () => {
    const chosen = choose(['OPENAI_API_KEY'], { configuredDefault: 'local/qwen3' });
    expect(chosen).toMatchObject({ ok: true, model: 'local/qwen3' });
    expect(choose(['OPENAI_API_KEY'], { configuredDefault: 'auto' })).toMatchObject({
      why: 'OPENAI_API_KEY is set',
    });
  });

  it('takes configured providers: their keys, their variables, their first model', () => {
    const providers = [
      { name: 'mine', apiKeyEnv: 'MY_KEY', models: { big: {}, small: {} } },
      { name: 'openai', apiKeyEnv: 'WORK_KEY', models: { 'gpt-4o': {} } },
    ];
    expect(choose(['MY_KEY'], { providers })).toMatchObject({ model: 'mine/big', why: 'MY_KEY is set' });
    expect(choose(['WORK_KEY', 'MY_KEY'], { providers })).toMatchObject({ model: 'openai/gpt-4o' });
    expect(choose(['OPENAI_API_KEY'], { providers })).toMatchObject({ ok: false });
    const literal = [{ name: 'xai', apiKey: 'secret' }];
    expect(choose([], { providers: literal })).toMatchObject({
      why: 'provider xai has a key in the configuration',
    });
  });

  it('never takes a server that needs no key, and says what it looked for', () => {
    const chosen = choose([], { providers: [{ name: 'local', models: { qwen3: {} } }] });
    expect(chosen).toMatchObject({ ok: false });
    expect(chosen).toHaveProperty('lookedFor', [
      '"model" in the configuration',
      ...Object.values(BUILT_IN_PROVIDERS).map(({ apiKeyEnv }) => apiKeyEnv),
    ]);
  });
});

describe('probe', () => {
  it('lists the models of a server', async () => {
    await using server = await startProviderServer({ models: ['a', 'b'] });
    const signal = new AbortController().signal;
    const baseUrl = server.baseUrl('openai-compatible');
    expect(await probeServer(`${baseUrl}/`, { signal, apiKey: server.apiKey })).toEqual({
      ok: true,
      models: ['a', 'b'],
    });
    expect(await probeServer(baseUrl, { signal })).toEqual({ ok: false, why: 'it answered 401' });
  });

  it('says why there is none', async () => {
    const signal = new AbortController().signal;
    expect(await probeServer('http://127.0.0.1:1/v1', { signal })).toMatchObject({ ok: false });
    const odd = (text: string) =>
      probeServer('http://x', { signal, fetch: () => Promise.resolve(new Response(text)) });
    expect(await odd('{}')).toEqual({ ok: false, why: 'its answer is no list of models' });
    expect(await odd('<html>')).toMatchObject({ ok: false });
    const late = await probeServer('http://127.0.0.1:1/v1', { signal: AbortSignal.abort() });
    expect(late).toEqual({ ok: false, why: 'it did not answer in time' });
  });
});

describe('retry', () => {
  it.each([
    [{ attempt: 1, random: 0.5 }, 500],
    [{ attempt: 2, random: 0.5 }, 750],
    [{ attempt: 1, random: 0 }, 375],
    [{ attempt: 1, random: 1 }, 625],
    [{ attempt: MAX_ATTEMPTS, random: 0.5 }, undefined],
    [{ attempt: 1, random: 0, retryAfterMs: 20_000 }, 20_000],
    [{ attempt: 1, random: 1, retryAfterMs: 20_000 }, 20_500],
    [{ attempt: 1, random: 0, retryAfterMs: 60_001 }, undefined],
  ])('%o', (question, expected) => {
    expect(retryDelay(question)).toBe(expected);
  });
});
