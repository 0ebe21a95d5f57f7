import { isJsonObject, parseJson, type JsonObject } from '../../../base/index.ts';
import type { Usage } from '../../../protocol/index.ts';
import { seal } from '../seal.ts';
import {
  sse,
  type Encoder,
  type EncoderContext,
  type Failure,
  type Finish,
  type FinishReason,
  type Part,
} from '../wire.ts';
import { needsSignatures } from './problems.ts';

const FINISH_REASON: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  calls: 'STOP',
  filter: 'SAFETY',
};

function usageOf(usage: Usage): JsonObject {
  return {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
    totalTokenCount: usage.input + usage.output,
    ...(usage.cachedInput === undefined ? {} : { cachedContentTokenCount: usage.cachedInput }),
    ...(usage.reasoning === undefined ? {} : { thoughtsTokenCount: usage.reasoning }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
  };
}

/**
 * Thoughts are sent only when the request asks for them; their signature comes with the first call, or with the last chunk.
 * A call comes whole: one whose arguments were cut, or are no object, ends the answer as `MALFORMED_FUNCTION_CALL`.
 */
export class GoogleEncoder implements Encoder {
  readonly fail: (failure: Failure) => string;
  readonly #context: EncoderContext;
  readonly #showsThoughts: boolean;
  #thoughts = '';
  #label: string | undefined;
  #signed = false;
  #malformed = false;

  constructor(context: EncoderContext, fail: (failure: Failure) => string) {
    this.fail = fail;
    this.#context = context;
    const config = context.body['generationConfig'] as
      { thinkingConfig?: { includeThoughts?: boolean } } | undefined;
    this.#showsThoughts = config?.thinkingConfig?.includeThoughts === true;
  }

  open(): string {
    return '';
  }

  begin(): string {
    return '';
  }

  delta(part: Part, text: string): string {
    if (part.kind === 'call') return '';
    if (part.kind === 'text') return this.#chunk([{ text }]);
    return this.#showsThoughts ? this.#chunk([{ text, thought: true }]) : '';
  }

  end(part: Part): string {
    if (part.kind === 'text') return '';
    if (part.kind === 'reasoning') {
      this.#thoughts += part.text;
      this.#label = part.signature ?? this.#label;
      return '';
    }
    const args = parseJson(part.text);
    if (part.cut || !args.ok || !isJsonObject(args.value)) {
      this.#malformed = true;
      return '';
    }
    return this.#chunk([this.#call(part, args.value)]);
  }

  ping(): string {
    return ': keep-alive\n\n';
  }

  finish({ reason, usage }: Finish): string {
    const finishReason = this.#malformed ? 'MALFORMED_FUNCTION_CALL' : FINISH_REASON[reason];
    const unsent = this.#thoughts !== '' && !this.#signed;
    const parts = unsent ? [{ text: '', thoughtSignature: this.#signature() }] : [{ text: '' }];
    return this.#chunk(parts, { finishReason, usage });
  }

  #call(part: Part, args: JsonObject): JsonObject {
    const signs = !this.#signed && (this.#thoughts !== '' || needsSignatures(this.#context.model));
    const id =
      part.callId ??
      (needsSignatures(this.#context.model) ? `${this.#context.id}${part.ordinal}` : undefined);
    const functionCall = { ...(id === undefined ? {} : { id }), name: part.tool, args };
    return { functionCall, ...(signs ? { thoughtSignature: this.#signature() } : {}) };
  }

  #signature(): string {
    this.#signed = true;
    return seal(`${this.#context.id} ${this.#thoughts}`, this.#label);
  }

  #chunk(
    parts: readonly JsonObject[],
    end?: { readonly finishReason: string; readonly usage: Usage },
  ): string {
    const content = { parts, role: 'model' };
    const candidate = { content, ...(end === undefined ? {} : { finishReason: end.finishReason }), index: 0 };
    const usage = end?.usage ?? { input: this.#context.inputTokens, output: 0 };
    return sse({
      candidates: [candidate],
      usageMetadata: usageOf(usage),
      modelVersion: this.#context.model,
      responseId: this.#context.id,
    });
  }
}
