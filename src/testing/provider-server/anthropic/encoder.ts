import type { JsonObject } from '../../../base/index.ts';
import type { Usage } from '../../../protocol/index.ts';
import { sign } from '../seal.ts';
import {
  sse,
  type Encoder,
  type EncoderContext,
  type Failure,
  type Finish,
  type FinishReason,
  type Part,
} from '../wire.ts';
import { UNTHOUGHT_CALL } from './problems.ts';

const STOP_REASON: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  calls: 'tool_use',
  filter: 'refusal',
};

const inputUsage = (usage: Usage): JsonObject => ({
  input_tokens: usage.input - (usage.cachedInput ?? 0) - (usage.cacheWrite ?? 0),
  cache_creation_input_tokens: usage.cacheWrite ?? 0,
  cache_read_input_tokens: usage.cachedInput ?? 0,
});

const event = (data: JsonObject & { type: string }): string => sse(data, data.type);

/** Thinking is sent only when the request turned it on. Blocks are numbered over what is sent. */
export class AnthropicEncoder implements Encoder {
  readonly fail: (failure: Failure) => string;
  readonly #context: EncoderContext;
  readonly #thinks: boolean;
  #thought = false;
  #block = -1;

  constructor(context: EncoderContext, fail: (failure: Failure) => string) {
    this.fail = fail;
    this.#context = context;
    const thinking = context.body['thinking'] as { type: string } | undefined;
    this.#thinks = thinking !== undefined && thinking.type !== 'disabled';
  }

  open(): string {
    const { id, model, inputTokens } = this.#context;
    const usage = {
      ...inputUsage({ input: inputTokens, output: 0 }),
      output_tokens: 1,
      service_tier: 'standard',
    };
    const message = {
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    return event({ type: 'message_start', message });
  }

  begin(part: Part): string {
    if (this.#hides(part)) return '';
    this.#block += 1;
    const ping = this.#block === 0 ? this.ping() : '';
    return (
      event({ type: 'content_block_start', index: this.#block, content_block: this.#emptyBlock(part) }) + ping
    );
  }

  delta(part: Part, text: string): string {
    if (this.#hides(part)) return '';
    if (part.kind === 'text') return this.#delta({ type: 'text_delta', text });
    if (part.kind === 'reasoning') return this.#delta({ type: 'thinking_delta', thinking: text });
    return this.#delta({ type: 'input_json_delta', partial_json: text });
  }

  end(part: Part): string {
    if (this.#hides(part)) return '';
    const signature =
      part.kind === 'reasoning'
        ? this.#delta({ type: 'signature_delta', signature: sign(part.text, part.signature) })
        : '';
    return signature + event({ type: 'content_block_stop', index: this.#block });
  }

  ping(): string {
    return event({ type: 'ping' });
  }

  finish({ reason, usage }: Finish): string {
    const delta = { stop_reason: STOP_REASON[reason], stop_sequence: null };
    const counted = { ...inputUsage(usage), output_tokens: usage.output };
    return event({ type: 'message_delta', delta, usage: counted }) + event({ type: 'message_stop' });
  }

  #hides(part: Part): boolean {
    return part.kind === 'reasoning' && !this.#thinks;
  }

  #emptyBlock(part: Part): JsonObject {
    if (part.kind === 'text') return { type: 'text', text: '' };
    if (part.kind === 'reasoning') {
      this.#thought = true;
      return { type: 'thinking', thinking: '', signature: '' };
    }
    const prefix = this.#thought ? 'toolu' : UNTHOUGHT_CALL;
    const id = part.callId ?? `${prefix}_${this.#context.id}${part.ordinal}`;
    return { type: 'tool_use', id, name: part.tool, input: {} };
  }

  #delta(delta: JsonObject): string {
    return event({ type: 'content_block_delta', index: this.#block, delta });
  }
}
