import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderServer, WireKind } from '../../src/testing/index.ts';
import type { Desk } from './cli.ts';

/** Makes the desk's home with one provider in its configuration: the server, asked for this model, which is told to reason. */
export function configure(
  desk: Desk,
  server: ProviderServer,
  { kind = 'openai-compatible', model = 'qwen3' }: { readonly kind?: WireKind; readonly model?: string } = {},
): void {
  const models = { [model]: { reasoning: true } };
  const local = { kind, baseUrl: server.baseUrl(kind), apiKey: server.apiKey, models };
  const config = {
    model: `local/${model}`,
    profiles: { default: { reasoning: 'high' } },
    providers: { local },
  };
  mkdirSync(desk.home, { recursive: true, mode: 0o700 });
  writeFileSync(join(desk.home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
}
