import { isJsonObject, type Json, type JsonObject } from '../../base/index.ts';
import type { Message, ProviderData } from '../../protocol/index.ts';

/** Marks data for the provider that made it. */
export const opaque = (name: string, data: Json): ProviderData => ({ name, data });

/** The data of this provider; undefined for another's. */
export function ownData(part: { readonly provider?: ProviderData }, name: string): JsonObject | undefined {
  if (part.provider?.name !== name) return undefined;
  return isJsonObject(part.provider.data) ? part.provider.data : {};
}

/**
 * The ids under which the provider sees the calls of a request, by our ids. A provider gets back the id that it gave (some
 * models read meaning into it); calls of another one, and repeated ids, get an id of nine letters and digits, which is the
 * strictest form that any provider asks for.
 */
export function wireCallIds(messages: readonly Message[], provider: string): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const used = new Set<string>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    for (const part of message.parts) {
      if (part.type !== 'call') continue;
      const own = ownData(part, provider)?.['id'];
      const id =
        typeof own === 'string' && own !== '' && !used.has(own)
          ? own
          : `call${String(ids.size).padStart(5, '0')}`;
      used.add(id);
      ids.set(part.call, id);
    }
  }
  return ids;
}
