import { describe, expect, it } from 'vitest';
import { nth } from '../fixtures.ts';
import { seal } from '../seal.ts';
import { responsesProblems } from './problems.ts';

const tool = (name: string, parameters: unknown): object => ({ type: 'function', name, parameters });

const good = {
  model: 'gpt-5.5',
  stream: true,
  store: false,
  include: ['reasoning.encrypted_content'],
  reasoning: { effort: 'high', summary: 'auto' },
  max_output_tokens: 4096,
  input: [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'input_text', text: 'Read a and b.' }] },
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'Two.' }],
      encrypted_content: seal('Two.'),
    },
    { type: 'function_call', id: 'fc_1_after_rs_1', call_id: 'c1', name: 'read', arguments: '{"path":"a"}' },
    { type: 'function_call', call_id: 'c2', name: 'read', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c2', output: '' },
    { type: 'function_call_output', call_id: 'c1', output: 'A' },
    { role: 'assistant', content: [{ type: 'output_text', text: 'A and B.' }] },
    { role: 'user', content: 'Thanks.' },
  ],
  tools: [tool('read', { type: 'object', properties: {} })],
};
type Body = Record<string, unknown> & { input: Record<string, unknown>[] };

const bad: readonly (readonly [string, (body: Body) => void, RegExp])[] = [
  ['no model', (b) => delete b['model'], /Missing required parameter: 'model'/],
  ['no input', (b) => (b.input = []), /Invalid value for 'input'/],
  ['unknown parameter', (b) => (b['messages'] = []), /Unknown parameter: 'messages'/],
  ['temperature as text', (b) => (b['temperature'] = 'hot'), /Invalid type for 'temperature'/],
  ['unknown include', (b) => (b['include'] = ['everything']), /'include\[0\]'/],
  ['too few output tokens', (b) => (b['max_output_tokens'] = 3), /'max_output_tokens'/],
  ['unknown item', (b) => (nth(b.input, 2)['type'] = 'thinking'), /'input\[2\]/],
  [
    'chat content in a user message',
    (b) => (nth(b.input, 1)['content'] = [{ type: 'text', text: 'x' }]),
    /'input\[1\]\.content/,
  ],
  ['empty message', (b) => (nth(b.input, 8)['content'] = ''), /'input\[8\]\.content': empty content/],
  [
    'empty part',
    (b) => (nth(b.input, 1)['content'] = [{ type: 'input_text', text: '' }]),
    /'input\[1\]\.content': empty content/,
  ],
  ['call without a result', (b) => b.input.splice(6, 1), /No tool output found for function call c1/],
  [
    'result without its call',
    (b) => (nth(b.input, 6)['call_id'] = 'c9'),
    /No tool call found for function call output with call_id c9/,
  ],
  [
    'result before its call',
    (b) => b.input.splice(1, 0, ...b.input.splice(5, 1)),
    /No tool call found .* c2/,
  ],
  ['same call twice', (b) => (nth(b.input, 4)['call_id'] = 'c1'), /Duplicate item found with call_id c1/],
  [
    'arguments that are not JSON',
    (b) => (nth(b.input, 3)['arguments'] = '{"pa'),
    /'arguments' of function call c1/,
  ],
  [
    'altered reasoning',
    (b) => (nth(b.input, 2)['encrypted_content'] = `${seal('Two.').slice(0, -2)}xx`),
    /could not be verified/,
  ],
  [
    'reasoning without its content',
    (b) => delete nth(b.input, 2)['encrypted_content'],
    /Item with id 'rs_1' not found/,
  ],
  [
    'reference to an item',
    (b) => b.input.splice(2, 0, { type: 'item_reference', id: 'msg_1' }),
    /Item with id 'msg_1' not found/,
  ],
  [
    'earlier response',
    (b) => (b['previous_response_id'] = 'resp_1'),
    /Previous response with id 'resp_1' not found/,
  ],
  [
    'reasoning before a user message',
    (b) => b.input.splice(3, 5),
    /'rs_1' of type 'reasoning' was provided without its required following item/,
  ],
  [
    'call without its reasoning',
    (b) => b.input.splice(2, 1),
    /provided without its required 'reasoning' item: 'rs_1'/,
  ],
  ['ends with the assistant', (b) => b.input.pop(), /the last item must be/],
  ['item id of a wrong kind', (b) => (nth(b.input, 3)['id'] = 'msg_1'), /begins with 'fc'/],
  [
    'tool name with a space',
    (b) => (b['tools'] = [tool('read file', { type: 'object' })]),
    /'tools\[0\]\.name'/,
  ],
  [
    'tool name twice',
    (b) => (b['tools'] = [tool('a', { type: 'object' }), tool('a', { type: 'object' })]),
    /'a' is defined twice/,
  ],
  [
    'broken schema',
    (b) => (b['tools'] = [tool('a', { type: 'object', required: 'path' })]),
    /Invalid schema for function 'a'/,
  ],
];

describe('Responses bodies', () => {
  it('accepts a whole conversation', () => {
    expect(responsesProblems(good)).toEqual([]);
  });

  it('accepts plain text, and a conversation that ends with a result', () => {
    expect(responsesProblems({ ...good, input: 'Hello' })).toEqual([]);
    expect(responsesProblems({ ...good, input: good.input.slice(0, 7) })).toEqual([]);
  });

  it.each(bad)('refuses: %s', (_name, change, problem) => {
    const body = structuredClone(good) as unknown as Body;
    change(body);
    expect(responsesProblems(body).join('\n')).toMatch(problem);
  });
});
