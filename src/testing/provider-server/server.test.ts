import type { LanguageModelV4Message } from '@ai-sdk/provider';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../base/index.ts';
import { ask, clientFor, KINDS, toHistory, userSays } from './fixtures.ts';
import { byRound, type Answer } from './answer.ts';
import { startProviderServer, type ProviderServer } from './server.ts';

let server: ProviderServer;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(() => server.close());

/** What a client says of a connection that went away, before or after the first byte. */
const BROKEN = /Cannot connect to API|Failed to process successful response|terminated/;
const HELLO = [userSays('Hello.')];

describe.each(KINDS)('%s', (kind) => {
  const isGoogle = kind === 'google';

  it('streams reasoning, text and calls, and says what was used', async () => {
    server.script([
      { reasoning: 'Let me ' },
      { reasoning: 'think 💡.', pieces: 4 },
      { text: 'Grüße, ' },
      { text: '世界 👩‍👩‍👧.', pieces: 5 },
      { call: { tool: 'read', args: { path: 'a.ts' }, pieces: 4 } },
      { call: { tool: 'list', args: {} } },
      { usage: { input: 50, output: 20, cachedInput: 10, reasoning: 5 } },
    ]);
    const asked = await ask(clientFor(kind, server), HELLO);
    expect(asked.errors).toEqual([]);
    expect(asked.reasoning).toBe('Let me think 💡.');
    expect(asked.text).toBe('Grüße, 世界 👩‍👩‍👧.');
    expect(asked.calls.map(({ tool, args }) => [tool, JSON.parse(args) as unknown])).toEqual([
      ['read', { path: 'a.ts' }],
      ['list', {}],
    ]);
    expect(asked.parts.filter((part) => /^(text|reasoning)-start$/.test(part.type))).toHaveLength(2);
    expect(asked.finish?.finishReason.unified).toBe('tool-calls');
    expect(asked.finish?.usage.inputTokens).toMatchObject({ total: 50, cacheRead: 10 });
    expect(asked.finish?.usage.outputTokens.total).toBe(20);
    expect(server.ledger.text(1)).toBe(asked.text);
  });

  it('accepts three tool rounds with everything it gave, and counts them', async () => {
    const round = (n: number): Answer => [
      { reasoning: `Step ${n}.` },
      { text: 'Looking.' },
      { call: { tool: 'read', args: { path: `${n}` } } },
      { call: { tool: 'list', args: {} } },
    ];
    server.script(byRound([round(1), round(2), round(3), [{ reasoning: 'Enough.' }, { text: 'Done.' }]]));
    const prompt: LanguageModelV4Message[] = [...HELLO];
    const texts = [];
    for (let n = 0; n < 4; n++) {
      const asked = await ask(clientFor(kind, server), prompt);
      texts.push(asked.text);
      prompt.push(...toHistory(asked));
    }
    expect(texts).toEqual(['Looking.', 'Looking.', 'Looking.', 'Done.']);
    expect(server.requests.map((request) => request.rounds)).toEqual([0, 1, 2, 3]);
    expect(server.requests.map((request) => request.text)).toEqual(Array(4).fill('Hello.'));
    expect(server.refusals).toEqual([]);
  });

  it('refuses a request without a key and with a wrong one', async () => {
    const expected = isGoogle ? [403, 400] : [401, 401];
    const path = isGoogle
      ? '/models/gemini-3-pro:streamGenerateContent'
      : {
          openai: '/responses',
          'openai-compatible': '/chat/completions',
          anthropic: '/messages',
          google: '',
        }[kind];
    const keyless = await fetch(server.baseUrl(kind) + path, { method: 'POST', body: '{}' });
    expect(keyless.status).toBe(expected[0]);
    expect(await keyless.json()).toHaveProperty('error.message');
    await expect(ask(clientFor(kind, server, 'wrong'), HELLO)).rejects.toMatchObject({
      statusCode: expected[1],
    });
  });

  it('refuses bodies in the words of the provider, without asking the script', async () => {
    await expect(
      ask(clientFor(kind, server), [
        ...HELLO,
        { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] },
      ]),
    ).rejects.toMatchObject({
      statusCode: 400,
    });
    expect(server.requests).toEqual([]);
    expect(server.refusals[0]).toMatchObject({ kind, status: 400 });
    expect(server.ledger.entries.map((entry) => entry.kind)).toEqual(['refused']);
  });

  it('refuses models that it does not have', async () => {
    await server.close();
    server = await startProviderServer({ models: ['other'] });
    await expect(ask(clientFor(kind, server), HELLO)).rejects.toMatchObject({ statusCode: 404 });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['filter', 'content-filter'],
  ] as const)('finishes with %s', async (finish, unified) => {
    server.script([{ text: 'Hm.' }, { finish }]);
    expect((await ask(clientFor(kind, server), HELLO)).finish?.finishReason.unified).toBe(unified);
  });

  it.each([[429], [500], [503], [529]])('answers with status %i', async (status) => {
    server.script([{ delayMs: 0 }, { status, retryAfter: 7 }]);
    const error = await ask(clientFor(kind, server), HELLO).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ statusCode: status });
    const { responseHeaders, responseBody } = error as {
      responseHeaders: Record<string, string>;
      responseBody: string;
    };
    const told = isGoogle ? /"retryDelay":"(.*)s"/.exec(responseBody)?.[1] : responseHeaders['retry-after'];
    expect(told).toBe('7');
  });

  it.each([[429], [500]])('breaks off in mid-stream with %i as an error event', async (status) => {
    server.script([{ text: 'Well, ' }, { status }]);
    const asked = await ask(clientFor(kind, server), HELLO);
    expect(asked.text).toBe('Well, ');
    expect(asked.errors).toHaveLength(1);
    await expect(server.requests[0]?.ended).resolves.toBe('broken');
  });

  it('says that a prompt is too long', async () => {
    server.script([{ overflow: true }]);
    await expect(ask(clientFor(kind, server), HELLO)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringMatching(/context window|too long|exceeds the maximum/) as string,
    });
  });

  it('resets connections, before and after the first byte', async () => {
    server.script([[{ reset: true }], [{ text: 'a' }, { ping: 1 }, { reset: true }]]);
    await expect(ask(clientFor(kind, server), HELLO)).rejects.toThrow(BROKEN);
    await expect(ask(clientFor(kind, server), HELLO)).rejects.toThrow(BROKEN);
  });

  it('half-closes a stream without its end', async () => {
    server.script([{ text: 'Well, ' }, { halfClose: true }]);
    const asked = await ask(clientFor(kind, server), HELLO);
    expect(asked.text).toBe('Well, ');
    expect(['error', 'other', 'interrupted']).toContain(asked.finish?.finishReason.unified);
  });

  it('sends garbage', async () => {
    server.script([{ text: 'a' }, { garbage: 'data: {"oops\n\n' }]);
    expect((await ask(clientFor(kind, server), HELLO)).errors).toHaveLength(1);
  });

  it('splits events and characters', async () => {
    server.script([{ splitBytes: 3 }, { reasoning: 'Très 💡' }, { text: 'Grüße 👋' }]);
    const asked = await ask(clientFor(kind, server), HELLO);
    expect([asked.reasoning, asked.text, asked.errors]).toEqual(['Très 💡', 'Grüße 👋', []]);
  });

  it('cuts arguments', async () => {
    server.script([{ truncateArgs: true }, { call: { tool: 'read', args: { path: 'a long path' } } }]);
    const asked = await ask(clientFor(kind, server), HELLO);
    expect(parseJson(asked.calls[0]?.args ?? '').ok).toBe(false);
    expect(asked.finish?.finishReason.unified).toBe(isGoogle ? 'error' : 'length');
  });

  it('pings, waits at a gate, and notes what it sends as it sends it', async () => {
    const gate = Promise.withResolvers<void>();
    server.script([{ text: 'before' }, { ping: 2, everyMs: 1 }, { wait: gate.promise }, { text: ' after' }]);
    const asking = ask(clientFor(kind, server), HELLO);
    await server.ledger.until((entry) => entry.kind === 'ping');
    expect(server.ledger.text(1)).toBe('before');
    gate.resolve();
    expect((await asking).text).toBe('before after');
    await expect(server.requests[0]?.ended).resolves.toBe('answered');
  });

  it('is silent until the client leaves', async () => {
    server.script([{ text: 'a' }, { silence: true }]);
    const leaving = new AbortController();
    const asking = ask(clientFor(kind, server), HELLO, leaving.signal);
    const sent = await server.ledger.until((entry) => entry.kind === 'text');
    leaving.abort();
    await expect(asking).rejects.toThrow('aborted');
    await expect(server.requests[sent.request - 1]?.ended).resolves.toBe('abandoned');
  });

  it('lists its models', async () => {
    const headers = {
      authorization: 'Bearer test-key',
      'x-goog-api-key': 'test-key',
      ...(kind === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
    };
    const answer = await fetch(`${server.baseUrl(kind)}/models`, { headers });
    expect(JSON.stringify(await answer.json())).toContain('test-model');
    expect((await fetch(`${server.baseUrl(kind)}/models`)).ok).toBe(false);
  });
});

describe.each(KINDS.filter((kind) => kind !== 'openai-compatible'))('%s', (kind) => {
  it('refuses opaque data that was altered', async () => {
    server.script([{ reasoning: 'Secret.' }, { text: 'Well.' }, { call: { tool: 'read', args: {} } }]);
    const history = JSON.stringify(toHistory(await ask(clientFor(kind, server), HELLO)));
    const altered = JSON.parse(
      history.replace(/("(?:signature|thoughtSignature|reasoningEncryptedContent)":")./g, '$1_'),
    ) as LanguageModelV4Message[];
    await expect(ask(clientFor(kind, server), [...HELLO, ...altered])).rejects.toMatchObject({
      statusCode: 400,
    });
    expect(server.refusals).toHaveLength(1);
  });
});

describe('thinking that nobody asked for', () => {
  const plain = { model: 'm', max_tokens: 10, stream: true, messages: [{ role: 'user', content: 'Hi.' }] };
  const headers = { 'x-api-key': 'test-key', 'anthropic-version': '2023-06-01' };

  it('is not shown', async () => {
    server.script([{ reasoning: 'secret' }, { text: 'open' }]);
    const answer = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify(plain),
    });
    const sent = await answer.text();
    expect(sent).toContain('open');
    expect(sent).not.toContain('secret');
    expect(server.ledger.entries.some((entry) => entry.kind === 'reasoning')).toBe(false);
  });
});
