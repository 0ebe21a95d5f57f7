import type {
  LanguageModelV4FilePart as SdkFilePart,
  LanguageModelV4Message as SdkMessage,
  LanguageModelV4TextPart as SdkTextPart,
  SharedV4ProviderOptions as SdkOptions,
} from '@ai-sdk/provider';
import type { FilePart, Message, TextPart } from '../../../protocol/index.ts';
import type { ModelContext, ModelRequest } from '../../port.ts';
import { fileAsText } from '../files.ts';
import { ownData, wireCallIds } from '../opaque.ts';

type AssistantMessage = Extract<Message, { role: 'assistant' }>;
type SdkContent = Extract<SdkMessage, { role: 'assistant' }>['content'];

/**
 * The request as the SDK wants it. Opaque data of another provider is left out, and with it the reasoning that it belongs
 * to. Rejects where `file` does.
 */
export async function promptOf(
  request: ModelRequest,
  provider: string,
  file: ModelContext['file'],
): Promise<SdkMessage[]> {
  const ids = wireCallIds(request.messages, provider);
  const prompt: SdkMessage[] = request.system === '' ? [] : [{ role: 'system', content: request.system }];
  for (const message of request.messages) {
    if (message.role === 'user') {
      const content = await Promise.all(message.parts.map((part) => userPart(part, file)));
      prompt.push({ role: 'user', content });
    } else if (message.role === 'assistant') {
      const content = assistantContent(message, provider, ids);
      if (content.length > 0) prompt.push({ role: 'assistant', content });
    } else {
      const content = message.parts.map(({ call, tool, ok, text }) => ({
        type: 'tool-result' as const,
        toolCallId: ids.get(call) ?? call,
        toolName: tool,
        output: { type: ok ? ('text' as const) : ('error-text' as const), value: text },
      }));
      prompt.push({ role: 'tool', content });
    }
  }
  return prompt;
}

async function userPart(
  part: TextPart | FilePart,
  read: ModelContext['file'],
): Promise<SdkTextPart | SdkFilePart> {
  if (part.type === 'text') return textOf(part.text);
  const { file } = part;
  const bytes = await read(part);
  const asText = fileAsText(file, bytes);
  if (asText !== undefined) return textOf(asText);
  return {
    type: 'file',
    filename: file.name,
    mediaType: file.mediaType,
    data: { type: 'data', data: bytes },
  };
}

const textOf = (text: string): SdkTextPart => ({ type: 'text', text });

function assistantContent(
  message: AssistantMessage,
  provider: string,
  ids: ReadonlyMap<string, string>,
): SdkContent {
  return message.parts.flatMap((part): SdkContent => {
    const own = ownData(part, provider);
    const options = own?.['options'] as SdkOptions | undefined;
    const back = options === undefined ? {} : { providerOptions: options };
    if (part.type === 'text') return [{ type: 'text', text: part.text, ...back }];
    if (part.type === 'reasoning') {
      return own === undefined ? [] : [{ type: 'reasoning', text: part.text, ...back }];
    }
    const toolCallId = ids.get(part.call) ?? part.call;
    return [{ type: 'tool-call', toolCallId, toolName: part.tool, input: part.args, ...back }];
  });
}
