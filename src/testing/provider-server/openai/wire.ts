// OpenAI's Responses API.
import type { JsonObject } from '../../../base/index.ts';
import { bearerKey, openaiModels, openaiRefusal } from '../openai-http.ts';
import { summarize, type Turn } from '../summary.ts';
import type { BodySummary, Wire } from '../wire.ts';
import { ResponsesEncoder } from './encoder.ts';
import { responsesProblems } from './problems.ts';

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly content?: string | readonly { readonly text?: string }[];
}

function toTurn({ type, role, content = '' }: Item): Turn {
  const text = typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
  return { role: type === 'function_call_output' ? 'results' : role === 'user' ? 'user' : 'other', text };
}

function responsesSummary(body: JsonObject): BodySummary {
  const input = body['input'] as unknown as string | readonly Item[];
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return { streaming: body['stream'] === true, ...summarize(items.map(toTurn)) };
}

export const responsesWire: Wire = {
  kind: 'openai',
  basePath: '/v1',
  route: (path) => (path === '/v1/responses' ? {} : undefined),
  key: bearerKey,
  problems: responsesProblems,
  summary: responsesSummary,
  refusal: openaiRefusal,
  models: openaiModels,
  encoder: (context) => new ResponsesEncoder(context),
};
