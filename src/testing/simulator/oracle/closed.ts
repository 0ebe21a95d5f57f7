// P3: what a model is sent is a closed transcript. Written from the promise alone, without the code that makes transcripts.
import type { Message } from '../../../protocol/index.ts';
import type { Journal } from '../journal.ts';

type PartOf<R extends Message['role']> = Extract<Message, { role: R }>['parts'][number];

export function* openings(messages: readonly Message[]): Generator<string> {
  const last = messages.at(-1)?.role;
  if (last !== 'user' && last !== 'tool') yield `it ends with ${last ?? 'nothing'}`;
  const calls = new Set<string>();
  let asked: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const where = `message ${String(index)}`;
    if (message.role === messages[index + 1]?.role)
      yield `${where} and the next are both of the ${message.role}`;
    if (message.parts.length === 0) yield `${where} is empty`;
    if (message.role === 'tool') yield* answers(where, message.parts, asked);
    else if (asked.length > 0) yield `${where} follows calls without their results`;
    asked = [];
    if (message.role !== 'assistant') continue;
    asked = callsOf(message.parts);
    if (message.parts.every(isBlank)) yield `${where} says nothing`;
    for (const call of asked) {
      if (calls.has(call)) yield `${where} has ${call} again`;
      calls.add(call);
    }
  }
}

function* answers(
  where: string,
  parts: readonly PartOf<'tool'>[],
  asked: readonly string[],
): Generator<string> {
  const given = parts.map(({ call }) => call);
  if (given.join() !== asked.join()) yield `${where} answers ${given.join()} to ${asked.join() || 'no call'}`;
}

function callsOf(parts: readonly PartOf<'assistant'>[]): readonly string[] {
  return parts.flatMap((part) => (part.type === 'call' ? [part.call] : []));
}

function isBlank(part: PartOf<'assistant'>): boolean {
  return part.type === 'reasoning' || (part.type === 'text' && part.text.trim() === '');
}

/** Calls of a step that did not finish are not sent. */
export function* unfinishedCalls(messages: readonly Message[], journal: Journal): Generator<string> {
  for (const { parts } of messages)
    for (const part of parts)
      if (part.type === 'call' && !journal.steps.has(journal.calls.get(part.call)?.step ?? ''))
        yield `${part.call} is of a step that did not finish`;
}
