import { isJsonObject, oneLine, type Json } from '../base/index.ts';

export type Probe =
  { readonly ok: true; readonly models: readonly string[] } | { readonly ok: false; readonly why: string };

export interface ProbeOptions {
  /** The caller's deadline: a server that accepts and says nothing is waited for until then. */
  readonly signal: AbortSignal;
  readonly fetch?: typeof globalThis.fetch;
  readonly apiKey?: string;
}

/** Asks an OpenAI-compatible server for its models. Never rejects. */
export async function probeServer(baseUrl: string, options: ProbeOptions): Promise<Probe> {
  const { signal, fetch = globalThis.fetch, apiKey } = options;
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/models`, { signal, headers });
    if (!response.ok) {
      await response.body?.cancel();
      return { ok: false, why: `it answered ${response.status}` };
    }
    const body = (await response.json()) as Json;
    const models =
      isJsonObject(body) && Array.isArray(body['data']) ? (body['data'] as readonly Json[]) : undefined;
    if (models === undefined) return { ok: false, why: 'its answer is no list of models' };
    return { ok: true, models: models.flatMap(idOf) };
  } catch (error) {
    return { ok: false, why: signal.aborted ? 'it did not answer in time' : whyUnreachable(error) };
  }
}

const idOf = (model: Json): readonly string[] =>
  isJsonObject(model) && typeof model['id'] === 'string' ? [model['id']] : [];

function whyUnreachable(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error && cause.message !== '' ? cause.message : 'no connection';
  return oneLine(message, 200);
}
