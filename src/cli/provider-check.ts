// Whether a provider would answer: its key is there, and its list of models is given out for it. No model is asked, nothing
// is paid.
import { isJsonObject, oneLine, parseJson, type Json } from '../base/index.ts';
import { DEFAULT_BASE_URL, type ProviderOptions } from '../model/index.ts';
import type { ProviderKind } from '../protocol/index.ts';

const PROBE_MS = 5000;

export interface ProviderCheck {
  readonly provider: string;
  readonly ok: boolean;
  readonly what: string;
  readonly remedy?: string;
  readonly models: readonly string[];
}

/** How each kind is shown a key. */
const KEY_HEADERS: Readonly<Record<ProviderKind, (key: string) => Readonly<Record<string, string>>>> = {
  openai: (key) => ({ authorization: `Bearer ${key}` }),
  'openai-compatible': (key) => ({ authorization: `Bearer ${key}` }),
  anthropic: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  google: (key) => ({ 'x-goog-api-key': key }),
};

/** Never rejects. */
export async function checkProvider(provider: ProviderOptions): Promise<ProviderCheck> {
  const { name, kind, apiKey, apiKeyEnv } = provider;
  if (apiKey === undefined && apiKeyEnv !== undefined) {
    return {
      provider: name,
      ok: false,
      what: `${apiKeyEnv} is not set`,
      remedy: `export ${apiKeyEnv}=…`,
      models: [],
    };
  }
  const url = `${(provider.baseUrl ?? DEFAULT_BASE_URL[kind] ?? '').replace(/\/+$/, '')}/models`;
  const headers = { ...provider.headers, ...(apiKey === undefined ? {} : KEY_HEADERS[kind](apiKey)) };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(PROBE_MS) });
    const body = await response.text();
    if (response.ok) return { provider: name, ok: true, what: 'it answers', models: idsOf(body) };
    return { provider: name, ok: false, ...refused(response.status, name), models: [] };
  } catch (error) {
    const remedy = `check that it is up and that providers.${name}.baseUrl is its address`;
    return { provider: name, ok: false, what: `it cannot be reached: ${reason(error)}`, remedy, models: [] };
  }
}

function refused(status: number, name: string): { what: string; remedy: string } {
  if (status === 401 || status === 403) {
    return { what: `it refuses the key (${String(status)})`, remedy: `give another key to provider ${name}` };
  }
  return {
    what: `it answers ${String(status)}`,
    remedy: `check providers.${name}: carrel config explain providers.${name}`,
  };
}

/** OpenAI and Anthropic list `data` with ids, Google `models` with names. */
function idsOf(body: string): string[] {
  const parsed = parseJson(body);
  const list =
    parsed.ok && isJsonObject(parsed.value) ? (parsed.value['data'] ?? parsed.value['models']) : undefined;
  if (!Array.isArray(list)) return [];
  return (list as Json[]).flatMap((row) => {
    const id = isJsonObject(row) ? (row['id'] ?? row['name']) : undefined;
    return typeof id === 'string' ? [id] : [];
  });
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return oneLine(cause instanceof Error && cause.message !== '' ? cause.message : String(cause), 200);
}
