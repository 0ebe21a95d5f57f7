// Chat completions are the format that local servers and most services speak, so it has a decoder of its own: one JSON.parse
// and one object a delta. See docs/decisions/0007-how-models-are-spoken-to.md.
import type { Json, JsonObject } from '../../../base/index.ts';
import type { Usage } from '../../../protocol/index.ts';
import type { ModelPart } from '../../port.ts';
import { opaque } from '../opaque.ts';
import type { Chunk, Delta, Detail, ToolCallDelta, WireUsage } from './chunk.ts';
import { mergeDetails } from './details.ts';

type Finished = Extract<ModelPart, { type: 'finished' }>;

interface OpenCall {
  readonly index: number;
  readonly tool: string;
  readonly id: string;
  /** One object for all of its progress: nothing in it changes. */
  readonly progress: ModelPart;
  args: string;
  extra: Json | undefined;
}

/** One answer while it grows. `add` appends to `ready`, which the reader empties. */
export class ChatAnswer {
  readonly ready: ModelPart[] = [];
  readonly #provider: string;
  readonly #calls: OpenCall[] = [];
  readonly #callAt = new Map<number, OpenCall>();
  #open: { readonly kind: 'text' | 'reasoning'; readonly index: number } | undefined;
  #field: string | undefined;
  #details: readonly Detail[] = [];
  #index = 0;
  #reason: string | undefined;
  #usage: WireUsage | undefined;

  constructor(provider: string) {
    this.#provider = provider;
  }

  add(chunk: Chunk): void {
    const choice = chunk.choices?.[0];
    this.#usage = chunk.usage ?? choice?.usage ?? this.#usage;
    if (choice === undefined) return;
    const delta = choice.delta ?? choice.message;
    if (delta !== undefined && delta !== null) this.#delta(delta);
    this.#reason = choice.finish_reason ?? this.#reason;
  }

  /** The last part but one, and the last: `wellEnded` when the server said that the stream is over. */
  end(wellEnded: boolean): Finished['reason'] | undefined {
    this.#endOpen();
    const reason = reasonOf(this.#reason ?? (wellEnded ? 'stop' : undefined), this.#calls.length > 0);
    if (reason === undefined) return undefined;
    for (const { index, tool, id, args, extra } of this.#calls) {
      const provider = opaque(this.#provider, { id, ...(extra === undefined ? {} : { extra }) });
      this.ready.push({ type: 'call', index, tool, args: args === '' ? '{}' : args, provider });
    }
    return reason;
  }

  get usage(): Usage {
    return usageOf(this.#usage);
  }

  /** What the server gave as its reason, known or not. */
  get rawReason(): string | undefined {
    return this.#reason;
  }

  #delta(delta: Delta): void {
    const { content, reasoning_details: details, tool_calls: calls } = delta;
    if (details !== undefined && details !== null && details.length > 0) this.#detail(details);
    if (typeof delta.reasoning_content === 'string')
      this.#reasoning('reasoning_content', delta.reasoning_content);
    else if (typeof delta.reasoning === 'string') this.#reasoning('reasoning', delta.reasoning);
    if (typeof content === 'string') this.#piece('text', content);
    else if (Array.isArray(content)) this.#contentParts(content);
    if (typeof delta.refusal === 'string') this.#piece('text', delta.refusal);
    if (calls !== undefined && calls !== null) for (const call of calls) this.#call(call);
  }

  #reasoning(field: string, text: string): void {
    this.#field = field;
    this.#piece('reasoning', text);
  }

  #detail(details: readonly Detail[]): void {
    if (this.#open?.kind !== 'reasoning') this.#start('reasoning');
    this.#details = mergeDetails(this.#details, details);
  }

  #piece(kind: 'text' | 'reasoning', text: string): void {
    if (text === '') return;
    const open = this.#open?.kind === kind ? this.#open : this.#start(kind);
    this.ready.push({ type: kind, index: open.index, text });
  }

  /** Mistral's form: a list of texts and thoughts. */
  #contentParts(parts: readonly Json[]): void {
    for (const part of parts as readonly JsonObject[]) {
      if (typeof part['text'] === 'string') this.#piece('text', part['text']);
      for (const thought of (part['thinking'] ?? []) as readonly JsonObject[]) {
        if (typeof thought['text'] === 'string') this.#piece('reasoning', thought['text']);
      }
    }
  }

  #start(kind: 'text' | 'reasoning') {
    this.#endOpen();
    this.#open = { kind, index: this.#index++ };
    return this.#open;
  }

  #endOpen(): void {
    if (this.#open === undefined) return;
    const { kind, index } = this.#open;
    this.#open = undefined;
    this.ready.push(
      kind === 'text' ? { type: 'ended', index } : { type: 'ended', index, provider: this.#reasoned() },
    );
  }

  #reasoned() {
    const data: JsonObject = {
      ...(this.#field === undefined ? {} : { field: this.#field }),
      ...(this.#details.length === 0 ? {} : { details: this.#details }),
    };
    this.#details = [];
    return opaque(this.#provider, data);
  }

  /** Some servers number every call 0, some not at all: another id with a name is another call. */
  #call(delta: ToolCallDelta): void {
    const { id, function: { name, arguments: args } = {} } = delta;
    const at = delta.index ?? (name ? this.#calls.length : this.#calls.length - 1);
    let call = this.#callAt.get(at);
    if (call === undefined || (name && id && id !== call.id)) {
      if (!name) return;
      this.#endOpen();
      const index = this.#index++;
      const progress = { type: 'call-progress', index, tool: name } as const;
      call = { index, tool: name, id: id ?? '', progress, args: '', extra: undefined };
      this.#calls.push(call);
      this.#callAt.set(at, call);
    }
    call.extra = delta.extra_content ?? call.extra;
    if (typeof args === 'string') call.args += args;
    else if (args !== undefined && args !== null) call.args = JSON.stringify(args);
    this.ready.push(call.progress);
  }
}

/** Undefined where the server broke off or failed. Reasons that are not known are an ordinary end. */
function reasonOf(raw: string | undefined, called: boolean): Finished['reason'] | undefined {
  switch (raw) {
    case undefined:
    case 'error':
    case 'insufficient_system_resource':
      return undefined;
    case 'length':
    case 'model_length':
      return 'length';
    case 'content_filter':
      return 'filter';
    default:
      return called ? 'calls' : 'stop';
  }
}

function usageOf(usage: WireUsage | undefined): Usage {
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? usage?.prompt_cache_hit_tokens;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
  return {
    input: usage?.prompt_tokens ?? 0,
    output: usage?.completion_tokens ?? 0,
    ...(cached === undefined || cached === null ? {} : { cachedInput: cached }),
    ...(reasoning === undefined || reasoning === null ? {} : { reasoning }),
  };
}
