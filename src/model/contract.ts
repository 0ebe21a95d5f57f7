import type { ModelContext, ModelPart, ModelRequest } from './port.ts';

/** Everything a stream gives. */
export async function collect(stream: AsyncIterable<ModelPart>): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

/** The text of an answer. */
export function textOf(parts: readonly ModelPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

export function requestOf(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { system: '', messages: [{ role: 'user', parts: [{ type: 'text', text }] }], tools: [], ...more };
}

/** A context without files. */
export function contextOf(signal: AbortSignal = new AbortController().signal): ModelContext {
  return { signal, file: () => Promise.reject(new Error('there are no files in this test')) };
}
