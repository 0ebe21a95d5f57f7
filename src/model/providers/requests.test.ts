import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { ProviderKind } from '../../protocol/index.ts';
import { startProviderServer } from '../../testing/index.ts';
import { collect, contextOf, requestOf } from '../contract.ts';
import type { ModelPart, ModelRequest } from '../port.ts';
import { providerModel } from './model.ts';

type Server = Awaited<ReturnType<typeof startProviderServer>>;

interface Question {
  readonly kind: ProviderKind;
  readonly model: string;
  readonly apiKey?: string;
  readonly request?: Partial<ModelRequest>;
}

function ask(
  server: Server,
  { kind, model, request, apiKey = server.apiKey }: Question,
): Promise<ModelPart[]> {
  const provider = { name: 'acme', kind, baseUrl: server.baseUrl(kind), apiKey, apiKeyEnv: 'ACME_KEY' };
  const asked = requestOf('hi', { system: 'Be brief.', ...request });
  return collect(providerModel(provider, model, { clock: systemClock }).stream(asked, contextOf()));
}

const KINDS: Readonly<Record<ProviderKind, string>> = {
  openai: 'gpt-5.4',
  'openai-compatible': 'local-model',
  anthropic: 'claude-sonnet-4-5',
  google: 'gemini-2.5-flash',
};
const kinds = Object.entries(KINDS) as [ProviderKind, string][];

describe('what is asked of providers', () => {
  it.each([
    [
      'openai',
      {
        cacheKey: 'ses_1',
        reasoning: 'low',
        tools: [{ name: 'read', description: '', parameters: { type: 'object' } }],
      },
      {
        store: false,
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: 'ses_1',
        reasoning: { effort: 'low', summary: 'auto' },
        tools: [{ strict: false }],
      },
    ],
    [
      'anthropic',
      {},
      {
        system: [{ cache_control: { type: 'ephemeral' } }],
        messages: [{ content: [{ cache_control: { type: 'ephemeral' } }] }],
      },
    ],
    ['google', { reasoning: 'low' }, { generationConfig: { thinkingConfig: { includeThoughts: true } } }],
    ['openai-compatible', { temperature: 0.2, maxOutputTokens: 9 }, { temperature: 0.2, max_tokens: 9 }],
  ] as const)('%s', async (kind, request, expected) => {
    await using server = await startProviderServer();
    server.script([{ text: 'ok' }]);
    await ask(server, { kind, model: KINDS[kind], request });
    expect(server.requests[0]?.body).toMatchObject(expected);
  });

  it('leaves a fixed temperature alone, and says so first', async () => {
    await using server = await startProviderServer();
    server.script([{ text: 'ok' }]);
    const parts = await ask(server, { kind: 'openai', model: 'gpt-5.4', request: { temperature: 0.2 } });
    expect(parts[0]).toMatchObject({ type: 'adjusted', parameter: 'temperature', from: 0.2, to: null });
    expect(server.requests[0]?.body).not.toHaveProperty('temperature');
  });

  it.each(kinds)('%s: a refused key is named by its variable and not repeated', async (kind, model) => {
    await using server = await startProviderServer();
    const parts = await ask(server, { kind, model, apiKey: 'wrong-key-1234' });
    expect(parts).toMatchObject([{ type: 'failed', failure: { data: { reason: 'key' }, retryable: false } }]);
    expect(JSON.stringify(parts)).toMatch(/acme refused the key \(40[013]\): check ACME_KEY/);
    expect(JSON.stringify(parts)).not.toContain('wrong');
  });

  it.each(kinds)('%s: an unknown model', async (kind) => {
    await using server = await startProviderServer({ models: ['known'] });
    const parts = await ask(server, { kind, model: 'unheard-of' });
    expect(parts).toMatchObject([{ type: 'failed', failure: { code: 'model_unavailable' } }]);
    expect(JSON.stringify(parts)).toContain('acme knows no model unheard-of');
  });

  it.each(kinds)('%s: nobody there', async (kind, model) => {
    const server = await startProviderServer();
    await server.close();
    const parts = await ask(server, { kind, model });
    expect(parts).toMatchObject([
      { type: 'failed', failure: { data: { reason: 'connection' }, retryable: true } },
    ]);
    expect(JSON.stringify(parts)).toContain(`the connection to acme at ${server.url} failed`);
  });

  it('hangs up after an error event, even if the provider does not', async () => {
    await using server = await startProviderServer();
    const error = {
      type: 'error',
      sequence_number: 1,
      error: { type: 'server_error', code: 'x', message: 'no' },
    };
    server.script([{ garbage: `data: ${JSON.stringify(error)}\n\n` }, { silence: true }]);
    const parts = await ask(server, { kind: 'openai', model: 'gpt-5.4' });
    expect(parts).toMatchObject([{ type: 'failed', failure: { code: 'provider_failed' } }]);
    expect(await server.requests[0]?.ended).toBe('abandoned');
  });

  it('ends as cancelled although its fetch never hears of it', async () => {
    const stop = new AbortController();
    const event = new TextEncoder().encode('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
    const closed = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(event),
      cancel: () => closed.resolve(),
    });
    const fetch = () => Promise.resolve(new Response(body));
    const provider = { name: 'acme', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1' } as const;
    const seen: ModelPart[] = [];
    const model = providerModel(provider, 'm', { clock: systemClock, fetch });
    for await (const part of model.stream(requestOf('hi'), contextOf(stop.signal))) {
      seen.push(part);
      setImmediate(() => stop.abort());
    }
    expect(seen).toMatchObject([{ type: 'text' }, { type: 'failed', failure: { code: 'cancelled' } }]);
    await closed.promise;
  });
});
