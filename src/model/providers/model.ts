import type { ProviderKind } from '../../protocol/index.ts';
import { adjust } from '../adjust.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { cancelled } from '../failure.ts';
import type { Model, ModelContext, ModelPart, ModelRequest } from '../port.ts';
import { chatAsk } from './chat/stream.ts';
import { incomplete, providerFailure } from './failures.ts';
import type { Ask, ProviderOptions, ProviderWorld } from './options.ts';
import { fitThinking } from './thinking.ts';
import { sdkAsk } from './sdk/stream.ts';

const ASK: Readonly<Record<ProviderKind, Ask>> = {
  openai: sdkAsk('openai'),
  'openai-compatible': chatAsk,
  anthropic: sdkAsk('anthropic'),
  google: sdkAsk('google'),
};

/** The model `name` of a configured provider. Nothing is loaded and nobody is asked until it streams. */
export function providerModel(provider: ProviderOptions, name: string, world: ProviderWorld): Model {
  const id = `${provider.name}/${name}`;
  const capabilities = capabilitiesOf(name, provider.models?.[name]);
  const target = { provider, model: name, fetch: world.fetch ?? globalThis.fetch };

  async function* answer(asked: ModelRequest, context: ModelContext): AsyncGenerator<readonly ModelPart[]> {
    const fitted = adjust(asked, { id, capabilities });
    const { request, adjusted } = provider.kind === 'anthropic' ? fitThinking(fitted, provider.name) : fitted;
    yield adjusted;
    yield* ASK[provider.kind](target, request, context);
  }

  return {
    id,
    provider: provider.name,
    capabilities,
    async *stream(request, context) {
      // Ours, so that leaving the stream closes the connection as an abort does.
      const stop = new AbortController();
      const onAbort = (): void => stop.abort(context.signal.reason);
      context.signal.addEventListener('abort', onAbort, { once: true });
      if (context.signal.aborted) onAbort();
      try {
        for await (const batch of answer(request, { ...context, signal: stop.signal })) {
          for (const part of batch) {
            if (context.signal.aborted) break;
            yield part;
            if (part.type === 'finished' || part.type === 'failed') return;
          }
        }
        yield context.signal.aborted ? cancelled(id) : incomplete(provider.name);
      } catch (error) {
        const failure = providerFailure(error, { provider, model: name, nowMs: world.clock.now() });
        yield context.signal.aborted ? cancelled(id) : { type: 'failed', failure };
      } finally {
        context.signal.removeEventListener('abort', onAbort);
        stop.abort();
      }
    },
  };
}
