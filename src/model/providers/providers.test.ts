import { expect } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { ProviderKind } from '../../protocol/index.ts';
import { startProviderServer } from '../../testing/index.ts';
import { modelContract, type ModelCase } from '../contract.ts';
import { providerModel } from './model.ts';

/** Names whose rules the server knows: reasoning that is signed and checked when it comes back. */
const MODELS: Readonly<Record<ProviderKind, string>> = {
  openai: 'gpt-5.4',
  'openai-compatible': 'kimi-k2.6',
  anthropic: 'claude-sonnet-4-5',
  google: 'gemini-3-pro-preview',
};

async function providerCase(kind: ProviderKind): Promise<ModelCase> {
  const server = await startProviderServer();
  const provider = { name: 'acme', kind, baseUrl: server.baseUrl(kind), apiKey: server.apiKey };
  return {
    model: providerModel(provider, MODELS[kind], { clock: systemClock }),
    script: (answers) => {
      let n = 0;
      server.script(() => answers[n++] ?? []);
    },
    lastRequest: () => JSON.stringify(server.requests.at(-1)?.body) ?? '',
    abandoned: async () => expect(await server.requests.at(-1)?.ended).toBe('abandoned'),
    reasoning: 'medium',
    [Symbol.asyncDispose]: async () => {
      expect(server.refusals).toEqual([]);
      await server.close();
    },
  };
}

for (const kind of Object.keys(MODELS) as ProviderKind[]) {
  modelContract(kind, () => providerCase(kind), { wholeArgsOnly: kind === 'google' });
}
