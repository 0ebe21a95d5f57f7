// The last resort where nothing is left to cut: the longest texts lose their middle. Only what users and tools said is
// shortened; what the model said may be signed.
import { cutEnd, cutStart } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import { estimateTokens, FILE_TOKENS, OVERHEAD_TOKENS } from './tokens.ts';

/** Of the note that stands where the middle was. */
const NOTE_TOKENS = 16;

/**
 * The same messages, where they have at most `budget` tokens by estimate; else with the longest texts shortened to one common
 * length, so that they have. When even the notes alone are more than the budget, it is exceeded.
 */
export function fitMessages(messages: readonly Message[], budget: number): readonly Message[] {
  const total = messageTokens(messages);
  if (total <= budget) return messages;
  const costs = messages.flatMap(elastic).map(estimateTokens);
  const fixed = total - costs.reduce((sum, cost) => sum + cost, 0);
  const limit = Math.max(NOTE_TOKENS, commonLimit(costs, budget - fixed));
  return messages.map((message) => shortened(message, limit));
}

export function messageTokens(messages: readonly Message[]): number {
  let tokens = 0;
  for (const { parts } of messages)
    for (const part of parts) {
      if (part.type === 'file') tokens += FILE_TOKENS;
      else
        tokens +=
          OVERHEAD_TOKENS + estimateTokens(part.type === 'call' ? JSON.stringify(part.args) : part.text);
    }
  return tokens;
}

function elastic(message: Message): string[] {
  if (message.role === 'assistant') return [];
  return message.parts.flatMap((part) => (part.type === 'file' ? [] : [part.text]));
}

/** The length to which the longest must come down so that all together fit; short ones leave their share to the others. */
function commonLimit(costs: readonly number[], room: number): number {
  let left = room;
  const sorted = costs.toSorted((a, b) => a - b);
  for (const [index, cost] of sorted.entries()) {
    const share = left / (sorted.length - index);
    if (cost > share) return Math.floor(share);
    left -= cost;
  }
  return Infinity;
}

function shortened(message: Message, limit: number): Message {
  if (message.role === 'assistant') return message;
  if (message.role === 'tool')
    return {
      ...message,
      parts: message.parts.map((part) => ({ ...part, text: cutMiddle(part.text, limit) })),
    };
  return {
    ...message,
    parts: message.parts.map((part) =>
      part.type === 'file' ? part : { ...part, text: cutMiddle(part.text, limit) },
    ),
  };
}

/** At most `limit` tokens of `text`: its beginning, a note of what is missing, and its end. */
function cutMiddle(text: string, limit: number): string {
  if (estimateTokens(text) <= limit) return text;
  const room = (limit - NOTE_TOKENS) / 2;
  const start = cutStart(
    text,
    unitsWithin(room, (unit) => text.charCodeAt(unit)),
  );
  const end = cutEnd(
    text,
    unitsWithin(room, (unit) => text.charCodeAt(text.length - 1 - unit)),
  );
  const missing = String(text.length - start.length - end.length);
  return `${start}\n[${missing} characters are left out here]\n${end}`;
}

/** How many UTF-16 units cost at most `tokens`. The text costs more, so there is always a next one. */
function unitsWithin(tokens: number, unitAt: (unit: number) => number): number {
  let quarters = Math.floor(tokens * 4);
  for (let units = 0; ; units++) {
    quarters -= unitAt(units) < 0x80 ? 1 : 4;
    if (quarters < 0) return units;
  }
}
