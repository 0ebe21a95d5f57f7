// A daemon has the environment that it was started with. Whoever has a key in theirs means that one, and no other is used silently.
import { createHmac, randomBytes } from 'node:crypto';
import type { Client } from '../client/index.ts';
import { CarrelError } from '../protocol/index.ts';
import type { Setting } from './setting.ts';

/** Bytes; it makes the digest of a key useless for anything but this one question. */
const SALT = 16;

/**
 * Refuses when this environment has a key for the model's provider and the daemon would use another (`conflict`) or none
 * (`model_unavailable`). Where this environment has none, the daemon's is meant.
 */
export async function refuseOtherKey(
  client: Client,
  { folder, providers, config }: Pick<Setting, 'folder' | 'providers' | 'config'>,
  model: string,
): Promise<void> {
  const provider = model.slice(0, model.indexOf('/'));
  const { apiKey, apiKeyEnv } = providers.find(({ name }) => name === provider) ?? {};
  const isWritten = config.providers.get(provider)?.apiKey !== undefined;
  if (apiKey === undefined || apiKeyEnv === undefined || isWritten) return;
  const salt = randomBytes(SALT).toString('hex');
  const digest = createHmac('sha256', salt).update(apiKey).digest('hex');
  const { key } = await client.link.call('provider/compare-key', { folder, provider, salt, digest });
  if (key === 'same') return;
  const what = key === 'missing' ? `has no ${apiKeyEnv}` : `has another ${apiKeyEnv} than this environment`;
  const message = `the daemon ${what}; it has the environment that it was started with: carrel daemon restart from here gives it this one, --local works without it`;
  throw new CarrelError(key === 'missing' ? 'model_unavailable' : 'conflict', message, {
    data: { provider, variable: apiKeyEnv },
  });
}
