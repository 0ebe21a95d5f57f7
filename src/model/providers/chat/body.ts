import type { Json, JsonObject } from '../../../base/index.ts';
import type { FilePart, Message, TextPart } from '../../../protocol/index.ts';
import type { ModelContext, ModelRequest } from '../../port.ts';
import { fileAsText } from '../files.ts';
import { ownData, wireCallIds } from '../opaque.ts';

export interface ChatTarget {
  /** Whose opaque data goes back. */
  readonly provider: string;
  readonly model: string;
}

/** The request in the words of chat completions. Rejects where `file` does. */
export async function chatBody(
  target: ChatTarget,
  request: ModelRequest,
  file: ModelContext['file'],
): Promise<JsonObject> {
  const ids = wireCallIds(request.messages, target.provider);
  const messages: JsonObject[] = request.system === '' ? [] : [{ role: 'system', content: request.system }];
  for (const message of request.messages) {
    if (message.role === 'user')
      messages.push({ role: 'user', content: await userContent(message.parts, file) });
    else if (message.role === 'assistant') messages.push(assistantMessage(message, target.provider, ids));
    else {
      for (const { call, text } of message.parts) {
        messages.push({ role: 'tool', tool_call_id: ids.get(call) ?? call, content: text });
      }
    }
  }
  const { tools, temperature, maxOutputTokens, reasoning } = request;
  return {
    model: target.model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...(tools.length === 0
      ? {}
      : { tools: tools.map((tool) => ({ type: 'function', function: { ...tool } })) }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { max_tokens: maxOutputTokens }),
    ...(reasoning === undefined ? {} : { reasoning_effort: reasoning }),
  };
}

/** One text where it can be: many servers take no list. */
async function userContent(
  parts: readonly (TextPart | FilePart)[],
  file: ModelContext['file'],
): Promise<Json> {
  const content = await Promise.all(
    parts.map((part) => (part.type === 'text' ? text(part.text) : filePart(part, file))),
  );
  const texts = content.filter((part) => part.type === 'text');
  return texts.length === content.length ? texts.map((part) => part.text).join('\n\n') : content;
}

type ContentPart =
  { readonly type: 'text'; readonly text: string } | (JsonObject & { readonly type: 'file' | 'image_url' });

const text = (value: string): Promise<ContentPart> => Promise.resolve({ type: 'text', text: value });

async function filePart(part: FilePart, read: ModelContext['file']): Promise<ContentPart> {
  const { name, mediaType } = part.file;
  const bytes = await read(part);
  const asText = fileAsText(part.file, bytes);
  if (asText !== undefined) return text(asText);
  const url = `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  return { type: 'file', file: { filename: name, file_data: url } };
}

function assistantMessage(
  message: Extract<Message, { role: 'assistant' }>,
  provider: string,
  ids: ReadonlyMap<string, string>,
): JsonObject {
  let content = '';
  let reasoning: JsonObject = {};
  const calls: JsonObject[] = [];
  for (const part of message.parts) {
    const own = ownData(part, provider);
    if (part.type === 'text') content += part.text;
    else if (part.type === 'reasoning') reasoning = { ...reasoning, ...reasoningBack(part.text, own) };
    else {
      const call = { name: part.tool, arguments: JSON.stringify(part.args) };
      const extra = own?.['extra'] === undefined ? {} : { extra_content: own['extra'] };
      calls.push({ id: ids.get(part.call) ?? part.call, type: 'function', function: call, ...extra });
    }
  }
  if (calls.length === 0) return { role: 'assistant', content, ...reasoning };
  return { role: 'assistant', content: content === '' ? null : content, ...reasoning, tool_calls: calls };
}

/** Reasoning goes back in the member that it came in, and nowhere else: servers refuse what they do not know. */
function reasoningBack(value: string, own: JsonObject | undefined): JsonObject {
  const field = own?.['field'];
  const details = own?.['details'];
  if (details !== undefined) return { reasoning_details: details };
  return typeof field === 'string' ? { [field]: value } : {};
}
