// What tests of models read answers with.
import type { ModelContext, ModelPart, ModelRequest } from './port.ts';

/** What breaks the port's rules about the order of parts; empty when nothing does. */
export function shapeProblems(parts: readonly ModelPart[]): readonly string[] {
  const problems: string[] = [];
  const kinds = new Map<number, string>();
  const ended = new Set<number>();
  parts.forEach((part, at) => {
    const isLast = at === parts.length - 1;
    if ((part.type === 'finished' || part.type === 'failed') !== isLast)
      problems.push(`${part.type} at ${at}`);
    if (!('index' in part)) return;
    if (ended.has(part.index)) problems.push(`${part.type} after the end of part ${part.index}`);
    if (part.type === 'ended' || part.type === 'call') ended.add(part.index);
    const kind = part.type === 'call-progress' ? 'call' : part.type;
    if (kind === 'ended') return;
    if (kinds.has(part.index) && kinds.get(part.index) !== kind)
      problems.push(`part ${part.index} changes its kind`);
    if (!kinds.has(part.index) && part.index !== kinds.size)
      problems.push(`part ${part.index} is out of order`);
    kinds.set(part.index, kind);
  });
  return problems;
}

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
