import { isJsonObject, parseJson } from '../../../base/index.ts';
import { ABORTED, orAborted } from '../../abort.ts';
import type { ModelContext, ModelRequest } from '../../port.ts';
import { incomplete } from '../failures.ts';
import type { Ask, ProviderOptions, ProviderTarget } from '../options.ts';
import { readUntilAborted } from '../read.ts';
import { EventStream } from '../sse.ts';
import { ChatAnswer } from './answer.ts';
import { chatBody } from './body.ts';
import type { Chunk } from './chunk.ts';

/** What the server says as its last event. */
const DONE = '[DONE]';

/** Answers in the chat completions format. */
export const chatAsk: Ask = async function* ask(target, request, context) {
  const { signal } = context;
  const body = await orAborted(open(target, request, context), signal);
  if (body === ABORTED) return;
  const answer = new ChatAnswer(target.provider.name);
  const events = new EventStream();
  const batch: string[] = [];
  let done = false;
  for await (const bytes of readUntilAborted(body, signal)) {
    events.push(bytes, batch);
    for (const data of batch) {
      if (data === DONE) done = true;
      else addEvent(answer, data);
    }
    batch.length = 0;
    if (answer.ready.length > 0) yield answer.ready;
    answer.ready.length = 0;
    if (done) break;
  }
  if (signal.aborted) return;
  const reason = answer.end(done);
  yield answer.ready;
  yield [
    reason === undefined
      ? incomplete(target.provider.name, answer.rawReason)
      : { type: 'finished', reason, usage: answer.usage },
  ];
};

function addEvent(answer: ChatAnswer, data: string): void {
  const chunk = JSON.parse(data) as Chunk | null;
  if (typeof chunk !== 'object' || chunk === null)
    throw new SyntaxError(`an event that is no object: ${data}`);
  if (chunk.error !== undefined && chunk.error !== null) throw problemIn(chunk.error);
  answer.add(chunk);
}

/** An error event, in any of the shapes that servers give it, as something that is read by shape. */
const problemIn = (error: unknown): unknown =>
  Object.assign(
    new Error(typeof error === 'string' ? error : 'an error event'),
    isJsonObject(error) ? error : {},
  );

async function open(
  { provider, model, fetch }: ProviderTarget,
  request: ModelRequest,
  context: ModelContext,
): Promise<ReadableStream<Uint8Array>> {
  const body = await chatBody({ provider: provider.name, model }, request, context.file);
  const response = await fetch(`${(provider.baseUrl ?? '').replace(/\/+$/, '')}/chat/completions`, {
    method: 'POST',
    headers: headersOf(provider),
    body: JSON.stringify(body),
    signal: context.signal,
  });
  const isJson = response.headers.get('content-type')?.includes('application/json') === true;
  if (!response.ok) throw await refusal(response);
  if (isJson || response.body === null) return asEvent(await response.text());
  return response.body;
}

const headersOf = ({ apiKey, headers }: ProviderOptions): Record<string, string> => ({
  'content-type': 'application/json',
  accept: 'text/event-stream',
  ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  ...headers,
});

/** An answer that came at once, or an error with a good status, as the only event of a stream. */
const asEvent = (json: string): ReadableStream<Uint8Array> =>
  new Blob([`data: ${json.replace(/[\r\n]+/g, ' ')}\n\ndata: ${DONE}\n\n`]).stream();

async function refusal(response: Response): Promise<unknown> {
  const body = await response.text();
  const parsed = parseJson(body);
  const outer = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  const error = isJsonObject(outer['error']) ? outer['error'] : outer;
  const said = [error['message'], outer['error'], outer['detail']].find((text) => typeof text === 'string');
  return Object.assign(new Error(said ?? (body === '' ? response.statusText : body)), {
    type: error['type'],
    code: error['code'],
    statusCode: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody: body,
  });
}
