import type { JsonObject } from '../../../base/index.ts';
import type { Usage } from '../../../protocol/index.ts';
import { openaiErrorWords } from '../openai-http.ts';
import { seal } from '../seal.ts';
import { sse, type Encoder, type EncoderContext, type Failure, type Finish, type Part } from '../wire.ts';
import { AFTER_REASONING } from './problems.ts';

function usageOf(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cachedInput ?? 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.input + usage.output,
  };
}

const INCOMPLETE = { length: 'max_output_tokens', filter: 'content_filter' } as const;

type Items = { [K in Part['kind']]: (part: Part, text: string) => JsonObject };

/** Summaries and encrypted reasoning are sent only when the request asks for them; the reasoning item itself always is. */
export class ResponsesEncoder implements Encoder {
  readonly #context: EncoderContext;
  readonly #summarizes: boolean;
  readonly #encrypts: boolean;
  readonly #output: JsonObject[] = [];
  #sequence = 0;
  #reasoning: string | undefined;

  constructor(context: EncoderContext) {
    this.#context = context;
    const { reasoning, include } = context.body as {
      reasoning?: { summary?: string };
      include?: readonly string[];
    };
    this.#summarizes = typeof reasoning?.summary === 'string';
    this.#encrypts = include?.includes('reasoning.encrypted_content') === true;
  }

  open(): string {
    const response = this.#response('in_progress');
    return this.#event('response.created', { response }) + this.#event('response.in_progress', { response });
  }

  begin(part: Part): string {
    if (part.kind === 'reasoning') this.#reasoning = this.#id(part);
    const added = this.#event('response.output_item.added', {
      output_index: part.index,
      item: this.#item(part, 'in_progress'),
    });
    if (part.kind === 'text')
      return added + this.#event('response.content_part.added', this.#contentPart(part, ''));
    if (part.kind === 'call' || !this.#summarizes) return added;
    return added + this.#event('response.reasoning_summary_part.added', this.#summaryPart(part, ''));
  }

  delta(part: Part, delta: string): string {
    const at = { item_id: this.#id(part), output_index: part.index };
    if (part.kind === 'text') {
      return this.#event('response.output_text.delta', { ...at, content_index: 0, delta, logprobs: [] });
    }
    if (part.kind === 'call') return this.#event('response.function_call_arguments.delta', { ...at, delta });
    if (!this.#summarizes) return '';
    return this.#event('response.reasoning_summary_text.delta', { ...at, summary_index: 0, delta });
  }

  end(part: Part): string {
    const item = this.#item(part, part.cut ? 'incomplete' : 'completed');
    this.#output.push(item);
    return (
      this.#doneParts(part) + this.#event('response.output_item.done', { output_index: part.index, item })
    );
  }

  ping(): string {
    return this.#event('keepalive', {});
  }

  finish({ reason, usage }: Finish): string {
    const incomplete = reason === 'length' || reason === 'filter' ? { reason: INCOMPLETE[reason] } : null;
    const status = incomplete === null ? 'completed' : 'incomplete';
    const end = { output: this.#output, usage: usageOf(usage), incomplete_details: incomplete };
    return this.#event(`response.${status}`, { response: { ...this.#response(status), ...end } });
  }

  /** Rate limits come as an `error` event, everything else as a failed response. */
  fail(failure: Failure): string {
    const { message, code } = openaiErrorWords(failure);
    if (failure.status === 429) return this.#event('error', { code, message, param: null });
    return this.#event('response.failed', {
      response: { ...this.#response('failed'), error: { code, message } },
    });
  }

  #doneParts(part: Part): string {
    const at = { item_id: this.#id(part), output_index: part.index };
    if (part.kind === 'text') {
      const text = this.#event('response.output_text.done', {
        ...at,
        content_index: 0,
        text: part.text,
        logprobs: [],
      });
      return text + this.#event('response.content_part.done', this.#contentPart(part, part.text));
    }
    if (part.kind === 'call') {
      return part.cut
        ? ''
        : this.#event('response.function_call_arguments.done', { ...at, arguments: part.text });
    }
    if (!this.#summarizes) return '';
    const summary = this.#event('response.reasoning_summary_text.done', {
      ...at,
      summary_index: 0,
      text: part.text,
    });
    return summary + this.#event('response.reasoning_summary_part.done', this.#summaryPart(part, part.text));
  }

  #event(type: string, data: JsonObject): string {
    return sse({ type, sequence_number: this.#sequence++, ...data }, type);
  }

  #response(status: string): JsonObject {
    const { id, model, at } = this.#context;
    const none = { error: null, incomplete_details: null, output: [], usage: null };
    return {
      id: `resp_${id}`,
      object: 'response',
      created_at: Math.floor(at / 1000),
      status,
      model,
      ...none,
    };
  }

  #id(part: Part): string {
    const plain = `${part.kind === 'text' ? 'msg' : part.kind === 'call' ? 'fc' : 'rs'}_${this.#context.id}${part.index}`;
    return part.kind === 'call' && this.#reasoning !== undefined
      ? `${plain}${AFTER_REASONING}${this.#reasoning}`
      : plain;
  }

  #item(part: Part, status: string): JsonObject {
    const whole = status !== 'in_progress';
    return {
      id: this.#id(part),
      ...this.#items[part.kind](part, whole ? part.text : ''),
      ...(part.kind === 'reasoning' ? {} : { status }),
    };
  }

  readonly #items: Items = {
    text: (_part, text) => ({
      type: 'message',
      role: 'assistant',
      content: text === '' ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }],
    }),
    call: (part, text) => ({
      type: 'function_call',
      call_id: part.callId ?? `call_${this.#context.id}${part.ordinal}`,
      name: part.tool,
      arguments: text,
    }),
    reasoning: (part, text) => ({
      type: 'reasoning',
      summary: text === '' || !this.#summarizes ? [] : [{ type: 'summary_text', text }],
      ...(this.#encrypts ? { encrypted_content: seal(text, part.signature ?? 'gAAAAA') } : {}),
    }),
  };

  #contentPart(part: Part, text: string): JsonObject {
    const content = { type: 'output_text', text, annotations: [], logprobs: [] };
    return { item_id: this.#id(part), output_index: part.index, content_index: 0, part: content };
  }

  #summaryPart(part: Part, text: string): JsonObject {
    const summary = { type: 'summary_text', text };
    return { item_id: this.#id(part), output_index: part.index, summary_index: 0, part: summary };
  }
}
