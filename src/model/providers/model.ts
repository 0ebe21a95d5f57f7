import { Linked } from '../../base/index.ts';
import { CarrelError, type ProviderKind } from '../../protocol/index.ts';
import { adjust } from '../adjust.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { cancelled } from '../failure.ts';
import type { Credentials, Model, ModelContext, ModelPart, ModelRequest } from '../port.ts';
import { serviceOf } from '../services.ts';
import { chatAsk } from './chat/stream.ts';
import { incomplete, providerFailure } from './failures.ts';
import { withLimits } from './rate-limits.ts';
import type { Ask, ProviderOptions, ProviderWorld } from './options.ts';
import { fitThinking } from './thinking.ts';
import { sdkAsk } from './sdk/stream.ts';

const ASK: Readonly<Record<ProviderKind, Ask>> = {
  openai: sdkAsk('openai'),
  'openai-compatible': chatAsk,
  anthropic: sdkAsk('anthropic'),
  google: sdkAsk('google'),
};

/** Why a request is stopped that nobody reads any more. */
const LEFT = new CarrelError('cancelled', 'The answer is not read any more.');

/** The model `name` of a configured provider. Nothing is loaded and nobody is asked until it streams. */
export function providerModel(configured: ProviderOptions, name: string, world: ProviderWorld): Model {
  const id = `${configured.name}/${name}`;
  const capabilities = capabilitiesOf(name, configured.models?.[name], serviceOf(configured));
  const fetch = world.fetch ?? globalThis.fetch;

  async function* answer(
    provider: ProviderOptions,
    asked: ModelRequest,
    context: ModelContext,
  ): AsyncGenerator<readonly ModelPart[]> {
    const fitted = adjust(asked, { id, capabilities });
    const { request, adjusted } = provider.kind === 'anthropic' ? fitThinking(fitted, provider.name) : fitted;
    yield adjusted;
    const heard = withLimits(fetch, world.clock, context.onLimits);
    yield* ASK[provider.kind]({ provider, model: name, fetch: heard }, request, context);
  }

  return {
    id,
    provider: configured.name,
    capabilities,
    async *stream(request, context) {
      // Ours, so that leaving the stream closes the connection as an abort does.
      using stop = new Linked(context.signal);
      let whole = false;
      const provider = withCredentials(configured, context.credentials);
      try {
        for await (const batch of answer(provider, request, { ...context, signal: stop.signal })) {
          for (const part of batch) {
            if (context.signal.aborted) break;
            whole = part.type === 'finished';
            yield part;
            if (whole || part.type === 'failed') return;
          }
        }
        yield context.signal.aborted ? cancelled(id) : incomplete(provider.name);
      } catch (error) {
        const failure = providerFailure(error, { provider, model: name, nowMs: world.clock.now() });
        yield context.signal.aborted ? cancelled(id) : { type: 'failed', failure };
      } finally {
        if (!whole) stop.abort(LEFT);
      }
    },
  };
}

/** A key that was brought comes alone: headers that were configured may hold another. */
function withCredentials(provider: ProviderOptions, credentials: Credentials | undefined): ProviderOptions {
  if (credentials === undefined) return provider;
  const { apiKeyEnv: _, headers: __, ...rest } = provider;
  return { ...rest, apiKey: credentials.apiKey, brought: true };
}
