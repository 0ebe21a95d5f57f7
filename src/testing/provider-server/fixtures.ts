// Asks the server through the published client of each format, so that the shape of every event is judged by somebody else.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { ProviderServer } from './server.ts';
import type { WireKind } from './wire.ts';

export const KINDS: readonly WireKind[] = ['openai', 'openai-compatible', 'anthropic', 'google'];

export function clientFor(kind: WireKind, server: ProviderServer, apiKey = server.apiKey): LanguageModelV4 {
  const settings = { apiKey, baseURL: server.baseUrl(kind) };
  if (kind === 'openai') return createOpenAI(settings).responses('gpt-5.5');
  if (kind === 'anthropic') return createAnthropic(settings)('claude-sonnet-4-5');
  if (kind === 'google') return createGoogle(settings)('gemini-3-pro');
  return createOpenAICompatible({ ...settings, name: 'local', includeUsage: true })('qwen3');
}

const inputSchema = { type: 'object', properties: { path: { type: 'string' } } } as const;

const OPTIONS: Omit<LanguageModelV4CallOptions, 'prompt'> = {
  maxOutputTokens: 4096,
  tools: [
    { type: 'function', name: 'read', description: 'Reads a file.', inputSchema },
    { type: 'function', name: 'list', description: 'Lists a folder.', inputSchema },
  ],
  providerOptions: {
    openai: { store: false, reasoningSummary: 'auto', include: ['reasoning.encrypted_content'] },
    anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } },
    google: { thinkingConfig: { includeThoughts: true } },
  },
};

export interface Asked {
  readonly parts: readonly LanguageModelV4StreamPart[];
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { id: string; tool: string; args: string }[];
  readonly errors: readonly unknown[];
  readonly finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined;
}

export const userSays = (text: string): LanguageModelV4Message => ({
  role: 'user',
  content: [{ type: 'text', text }],
});

const deltas = (
  parts: readonly LanguageModelV4StreamPart[],
  type: 'text-delta' | 'reasoning-delta',
): string => parts.map((part) => (part.type === type ? part.delta : '')).join('');

export async function ask(
  client: LanguageModelV4,
  prompt: LanguageModelV4Message[],
  abortSignal?: AbortSignal,
): Promise<Asked> {
  const { stream } = await client.doStream({
    ...OPTIONS,
    prompt,
    ...(abortSignal === undefined ? {} : { abortSignal }),
  });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return {
    parts,
    text: deltas(parts, 'text-delta'),
    reasoning: deltas(parts, 'reasoning-delta'),
    calls: parts.flatMap((part) =>
      part.type === 'tool-call' ? [{ id: part.toolCallId, tool: part.toolName, args: part.input }] : [],
    ),
    errors: parts.flatMap((part) => (part.type === 'error' ? [part.error] : [])),
    finish: parts.find((part) => part.type === 'finish'),
  };
}

/** The last opaque data that came with the part of this id. */
function opaqueOf(parts: readonly LanguageModelV4StreamPart[], id: string): object {
  const found = parts.findLast(
    (part) => 'id' in part && part.id === id && 'providerMetadata' in part && part.providerMetadata,
  );
  return found !== undefined && 'providerMetadata' in found
    ? { providerOptions: found.providerMetadata }
    : {};
}

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

/** Text and reasoning stand where they began; what ended them is not looked at. */
function toPart(
  part: LanguageModelV4StreamPart,
  parts: readonly LanguageModelV4StreamPart[],
): AssistantPart[] {
  if (part.type === 'tool-call') {
    const { toolCallId, toolName, input, providerMetadata } = part;
    const opaque = providerMetadata === undefined ? {} : { providerOptions: providerMetadata };
    return [{ type: 'tool-call', toolCallId, toolName, input: JSON.parse(input) as unknown, ...opaque }];
  }
  if (part.type !== 'text-start' && part.type !== 'reasoning-start') return [];
  const [type, delta] =
    part.type === 'text-start'
      ? (['text', 'text-delta'] as const)
      : (['reasoning', 'reasoning-delta'] as const);
  const own = parts.filter((other) => 'id' in other && other.id === part.id);
  return [{ type, text: deltas(own, delta), ...opaqueOf(parts, part.id) }];
}

/** The answer as history: with all opaque data, and a result for every call. */
export function toHistory({ parts, calls }: Asked): LanguageModelV4Message[] {
  const results = calls.map(({ id, tool }) => ({
    type: 'tool-result' as const,
    toolCallId: id,
    toolName: tool,
    output: { type: 'text' as const, value: 'done' },
  }));
  return [
    { role: 'assistant', content: parts.flatMap((part) => toPart(part, parts)) },
    { role: 'tool', content: results },
  ];
}

export function nth<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`there is no item ${index} among ${list.length}`);
  return item;
}
