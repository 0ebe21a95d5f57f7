// Chat completions, as OpenAI and the many compatible servers speak it.
import type { JsonObject } from '../../../base/index.ts';
import type { Usage } from '../../../protocol/index.ts';
import { bearerKey, openaiModels, openaiRefusal } from '../openai-http.ts';
import { summarize, type Turn } from '../summary.ts';
import {
  sse,
  type BodySummary,
  type Encoder,
  type EncoderContext,
  type Finish,
  type Part,
  type Wire,
} from '../wire.ts';
import { chatProblems } from './problems.ts';

const FINISH_REASON = {
  stop: 'stop',
  length: 'length',
  calls: 'tool_calls',
  filter: 'content_filter',
} as const;

function usageOf(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cachedInput ?? 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0, audio_tokens: 0 },
  };
}

class ChatEncoder implements Encoder {
  readonly #base: JsonObject;
  readonly #id: string;
  readonly #withUsage: boolean;

  constructor({ model, body, id, at }: EncoderContext) {
    this.#id = id;
    this.#base = {
      id: `chatcmpl-${id}`,
      object: 'chat.completion.chunk',
      created: Math.floor(at / 1000),
      model,
      system_fingerprint: 'fp_test',
    };
    this.#withUsage =
      (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true;
  }

  open(): string {
    return this.#chunk({ role: 'assistant', content: '' });
  }

  begin(part: Part): string {
    if (part.kind !== 'call') return '';
    const id = part.callId ?? `call_${this.#id}${part.ordinal}`;
    const call = { index: part.ordinal, id, type: 'function', function: { name: part.tool, arguments: '' } };
    return this.#chunk({ tool_calls: [call] });
  }

  delta(part: Part, text: string): string {
    if (part.kind === 'text') return this.#chunk({ content: text });
    if (part.kind === 'reasoning') return this.#chunk({ reasoning_content: text });
    return this.#chunk({ tool_calls: [{ index: part.ordinal, function: { arguments: text } }] });
  }

  end(): string {
    return '';
  }

  ping(): string {
    return ': keep-alive\n\n';
  }

  finish({ reason, usage }: Finish): string {
    const last = this.#chunk({}, FINISH_REASON[reason]);
    const counted = this.#withUsage ? sse({ ...this.#base, choices: [], usage: usageOf(usage) }) : '';
    return `${last}${counted}${sse('[DONE]')}`;
  }

  fail(failure: Parameters<Encoder['fail']>[0]): string {
    return sse(openaiRefusal(failure).body);
  }

  #chunk(delta: JsonObject, finishReason: string | null = null): string {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finishReason };
    return sse({ ...this.#base, choices: [choice], ...(this.#withUsage ? { usage: null } : {}) });
  }
}

interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly { readonly text?: string }[] | null;
}

function toTurn({ role, content }: ChatMessage): Turn {
  const text =
    typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');
  return { role: role === 'tool' ? 'results' : role === 'user' ? 'user' : 'other', text };
}

function chatSummary(body: JsonObject): BodySummary {
  const turns = (body['messages'] as unknown as readonly ChatMessage[]).map(toTurn);
  return { streaming: body['stream'] === true, ...summarize(turns) };
}

export const chatWire: Wire = {
  kind: 'openai-compatible',
  basePath: '/v1',
  route: (path) => (path === '/v1/chat/completions' ? {} : undefined),
  key: bearerKey,
  problems: chatProblems,
  summary: chatSummary,
  refusal: openaiRefusal,
  models: openaiModels,
  encoder: (context) => new ChatEncoder(context),
};
