import type {
  LanguageModelV4CallOptions as SdkCallOptions,
  LanguageModelV4StreamPart as SdkPart,
} from '@ai-sdk/provider';
import type { ModelContext, ModelPart, ModelRequest } from '../../port.ts';
import { ABORTED, orAborted } from '../../abort.ts';
import { incomplete } from '../failures.ts';
import type { Ask, ProviderTarget } from '../options.ts';
import { readUntilAborted } from '../read.ts';
import { kindOptions, openSdkModel, type SdkKind } from './kinds.ts';
import { AnswerParts, reasonOf, usageOf } from './parts.ts';
import { promptOf } from './prompt.ts';

/** Answers of this kind through its SDK package. */
export const sdkAsk = (kind: SdkKind): Ask =>
  async function* ask(target, request, context) {
    const stream = await orAborted(open(kind, { target, request, context }), context.signal);
    if (stream === ABORTED) return;
    const { name } = target.provider;
    const parts = new AnswerParts(name, request);
    for await (const part of readUntilAborted(stream, context.signal)) {
      if (part.type === 'error') throw part.error;
      if (part.type === 'finish') {
        yield end(part, parts, name);
        return;
      }
      parts.add(part);
      if (parts.ready.length === 0) continue;
      yield parts.ready;
      parts.ready.length = 0;
    }
  };

interface Question {
  readonly target: ProviderTarget;
  readonly request: ModelRequest;
  readonly context: ModelContext;
}

async function open(kind: SdkKind, { target, request, context }: Question): Promise<ReadableStream<SdkPart>> {
  const { provider } = target;
  const prompt = await promptOf(request, provider.name, context.file);
  const { temperature, maxOutputTokens, reasoning, tools } = request;
  const sdk = await openSdkModel(kind, target);
  const options: SdkCallOptions = {
    ...kindOptions(kind, request, prompt),
    abortSignal: context.signal,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(tools.length === 0 ? {} : { tools: toolsOf(request, kind) }),
  };
  return (await sdk.doStream(options)).stream;
}

/** OpenAI's Responses would otherwise hold every tool to its strict subset of JSON Schema. */
function toolsOf(request: ModelRequest, kind: SdkKind): NonNullable<SdkCallOptions['tools']> {
  return request.tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    description,
    inputSchema: parameters as object,
    ...(kind === 'openai' ? { strict: false } : {}),
  }));
}

function end(
  part: Extract<SdkPart, { type: 'finish' }>,
  parts: AnswerParts,
  provider: string,
): readonly ModelPart[] {
  const reason = reasonOf(part.finishReason, parts.called);
  if (reason === undefined) return [incomplete(provider, part.finishReason.raw)];
  parts.cutCalls();
  return [...parts.ready, { type: 'finished', reason, usage: usageOf(part.usage) }];
}
