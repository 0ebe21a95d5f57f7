import type {
  LanguageModelV4FinishReason as SdkFinishReason,
  LanguageModelV4StreamPart as SdkPart,
  LanguageModelV4Usage as SdkUsage,
  SharedV4ProviderMetadata as SdkMetadata,
} from '@ai-sdk/provider';
import type { Json } from '../../../base/index.ts';
import type { Usage } from '../../../protocol/index.ts';
import type { ModelPart, ModelRequest } from '../../port.ts';
import { opaque } from '../opaque.ts';

type SdkOf<T extends SdkPart['type']> = Extract<SdkPart, { type: T }>;
type Progress = Extract<ModelPart, { type: 'call-progress' }>;

interface OpenPart {
  readonly index: number;
  readonly kind: 'text' | 'reasoning';
  empty: boolean;
  metadata: SdkMetadata | undefined;
}

interface OpenCall {
  /** One object for all of its progress: nothing in it changes. */
  readonly progress: Progress;
  args: string;
  whole: boolean;
}

/**
 * Translates the SDK's parts of one answer. `add` appends to `ready`, which the reader empties; a delta costs one object.
 * `finish` and `error` are not its business.
 */
export class AnswerParts {
  readonly ready: ModelPart[] = [];
  readonly #provider: string;
  readonly #request: ModelRequest;
  readonly #open = new Map<string, OpenPart>();
  readonly #calls = new Map<string, OpenCall>();
  #index = 0;

  constructor(provider: string, request: ModelRequest) {
    this.#provider = provider;
    this.#request = request;
  }

  add(part: SdkPart): void {
    switch (part.type) {
      case 'text-delta':
        this.#delta('text', part);
        return;
      case 'reasoning-delta':
        this.#delta('reasoning', part);
        return;
      case 'text-start':
      case 'reasoning-start':
        this.#start(part.type === 'text-start' ? 'text' : 'reasoning', part);
        return;
      case 'text-end':
      case 'reasoning-end':
        this.#end(part);
        return;
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-call':
        this.#call(part);
        return;
      case 'stream-start':
        this.#warnings(part);
        return;
      default: // sources, files, metadata, pings: nothing that an agent's answer is made of
    }
  }

  /** The calls that the provider began and did not end, as far as they came. */
  cutCalls(): void {
    for (const [id, call] of this.#calls) if (!call.whole) this.#pushCall(id, call, call.args);
  }

  /** Whether the answer has called anything. */
  get called(): boolean {
    return this.#calls.size > 0;
  }

  #start(kind: OpenPart['kind'], part: SdkOf<'text-start' | 'reasoning-start'>): OpenPart {
    const open = { index: this.#index++, kind, empty: true, metadata: part.providerMetadata };
    this.#open.set(part.id, open);
    return open;
  }

  #delta(kind: OpenPart['kind'], part: SdkOf<'text-delta' | 'reasoning-delta'>): void {
    const open = this.#open.get(part.id) ?? this.#start(kind, { type: `${kind}-start`, id: part.id });
    if (part.providerMetadata !== undefined) open.metadata = merged(open.metadata, part.providerMetadata);
    if (part.delta === '') return;
    open.empty = false;
    this.ready.push({ type: kind, index: open.index, text: part.delta });
  }

  #end(part: SdkOf<'text-end' | 'reasoning-end'>): void {
    const open = this.#open.get(part.id);
    if (open === undefined) return;
    this.#open.delete(part.id);
    const { index, kind } = open;
    const metadata = merged(open.metadata, part.providerMetadata);
    // Hidden reasoning has no text, but its data must come back: an empty piece says what kind of part ends here.
    if (open.empty && metadata !== undefined) this.ready.push({ type: kind, index, text: '' });
    else if (open.empty) return;
    const keep = kind === 'reasoning' || metadata !== undefined;
    const data = keep ? { provider: opaque(this.#provider, optionsData(metadata)) } : {};
    this.ready.push({ type: 'ended', index, ...data });
  }

  #call(part: SdkOf<'tool-input-start' | 'tool-input-delta' | 'tool-call'>): void {
    const id = part.type === 'tool-call' ? part.toolCallId : part.id;
    let call = this.#calls.get(id);
    if (call === undefined) {
      if (part.type === 'tool-input-delta') return;
      const progress = { type: 'call-progress', index: this.#index++, tool: part.toolName } as const;
      call = { progress, args: '', whole: false };
      this.#calls.set(id, call);
    }
    if (part.type === 'tool-call') this.#pushCall(id, call, part.input, part.providerMetadata);
    else {
      if (part.type === 'tool-input-delta') call.args += part.delta;
      this.ready.push(call.progress);
    }
  }

  #pushCall(
    ...[id, call, args, metadata]: [id: string, call: OpenCall, args: string, metadata?: SdkMetadata]
  ): void {
    call.whole = true;
    const { index, tool } = call.progress;
    const provider = opaque(this.#provider, { id, ...optionsData(metadata) });
    this.ready.push({ type: 'call', index, tool, args: args === '' ? '{}' : args, provider });
  }

  /** What the SDK left out or changed of what was asked for; its other warnings are about itself. */
  #warnings({ warnings }: SdkOf<'stream-start'>): void {
    for (const warning of warnings) {
      if (warning.type !== 'unsupported' && warning.type !== 'compatibility') continue;
      const from = (this.#request as unknown as Readonly<Record<string, Json | undefined>>)[warning.feature];
      if (typeof from !== 'string' && typeof from !== 'number') continue;
      const why = warning.details ?? `${this.#provider} does not take it`;
      this.ready.push({ type: 'adjusted', parameter: warning.feature, from, to: null, why });
    }
  }
}

function merged(a: SdkMetadata | undefined, b: SdkMetadata | undefined): SdkMetadata | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [key, { ...a[key], ...b[key] }]),
  );
}

const optionsData = (metadata: SdkMetadata | undefined): { readonly [key: string]: Json } =>
  metadata === undefined ? {} : { options: metadata as Json };

/** The reason, or undefined where the provider gave none and the answer may be cut. Unknown reasons are a stop. */
export function reasonOf({ unified }: SdkFinishReason, called: boolean) {
  switch (unified) {
    case 'length':
      return 'length';
    case 'content-filter':
      return 'filter';
    case 'error':
    case 'interrupted':
      return undefined;
    default:
      return called ? 'calls' : 'stop';
  }
}

export function usageOf({ inputTokens, outputTokens }: SdkUsage): Usage {
  const optional = {
    cachedInput: inputTokens.cacheRead,
    cacheWrite: inputTokens.cacheWrite,
    reasoning: outputTokens.reasoning,
  };
  const said = Object.entries(optional).filter(([, tokens]) => tokens !== undefined);
  return {
    input: inputTokens.total ?? 0,
    output: outputTokens.total ?? 0,
    ...(Object.fromEntries(said) as Partial<Usage>),
  };
}
