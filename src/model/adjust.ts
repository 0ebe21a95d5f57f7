import type { FilePart, Message } from '../protocol/index.ts';
import type { ModelCapabilities, ModelPart, ModelRequest } from './port.ts';

type Adjusted = Extract<ModelPart, { type: 'adjusted' }>;

/** A request that the model takes, and what had to change for it. */
export interface AdjustedRequest {
  readonly request: ModelRequest;
  readonly adjusted: readonly Adjusted[];
}

/** Fits a request to what the model can do. Pure; gives the same request when nothing had to change. */
export function adjust(
  request: ModelRequest,
  model: { id: string; capabilities: ModelCapabilities },
): AdjustedRequest {
  const { capabilities, id } = model;
  const adjusted: Adjusted[] = [];
  const note = (
    parameter: string,
    from: Adjusted['from'],
    change: { to: Adjusted['to']; why: string },
  ): void => void adjusted.push({ type: 'adjusted', parameter, from, ...change });
  const { temperature, reasoning, maxOutputTokens, ...rest } = request;
  const kept: { -readonly [K in keyof ModelRequest]: ModelRequest[K] } = { ...rest };

  if (temperature !== undefined) {
    if (capabilities.temperature === 'free') kept.temperature = temperature;
    else note('temperature', temperature, { to: null, why: `${id} takes only its own temperature` });
  }
  if (reasoning !== undefined) {
    if (capabilities.reasoning) kept.reasoning = reasoning;
    else if (reasoning !== 'none')
      note('reasoning', reasoning, { to: null, why: `${id} is not known to reason` });
  }
  if (maxOutputTokens !== undefined) {
    const most = Math.min(maxOutputTokens, capabilities.outputTokens ?? maxOutputTokens);
    kept.maxOutputTokens = most;
    if (most < maxOutputTokens) {
      note('maxOutputTokens', maxOutputTokens, { to: most, why: `${id} writes at most ${most} tokens` });
    }
  }
  if (!capabilities.tools && request.tools.length > 0) {
    kept.tools = [];
    note('tools', request.tools.length, { to: 0, why: `${id} calls no tools` });
  }
  const images = request.messages.flatMap(imagesOf).length;
  if (!capabilities.images && images > 0) {
    kept.messages = request.messages.map(withoutImages);
    note('images', images, { to: 0, why: `${id} is not known to see images` });
  }
  return adjusted.length === 0 ? { request, adjusted } : { request: kept, adjusted };
}

export const isImage = (part: { readonly type: string }): part is FilePart =>
  part.type === 'file' && (part as FilePart).file.mediaType.startsWith('image/');

const imagesOf = (message: Message): readonly FilePart[] =>
  message.role === 'user' ? message.parts.filter(isImage) : [];

/** The place of an image is kept, so that the model knows that there was one. */
function withoutImages(message: Message): Message {
  if (message.role !== 'user' || !message.parts.some(isImage)) return message;
  const parts = message.parts.map((part) =>
    isImage(part)
      ? { type: 'text' as const, text: `[image ${part.file.name}: left out, you cannot see images]` }
      : part,
  );
  return { role: 'user', parts };
}
