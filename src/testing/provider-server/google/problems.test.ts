import { describe, expect, it } from 'vitest';
import { nth } from '../fixtures.ts';
import { seal } from '../seal.ts';
import { googleProblems } from './problems.ts';

const call = (id: string, thoughtSignature?: string): Record<string, unknown> => ({
  functionCall: { id, name: 'read', args: { path: 'a' } },
  ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
});
const response = (id: string): Record<string, unknown> => ({
  functionResponse: { id, name: 'read', response: { content: 'A' } },
});
const tools = (declaration: object): object[] => [
  { functionDeclarations: [{ name: 'a', description: '', ...declaration }] },
];

const good = {
  model: 'gemini-3-pro',
  systemInstruction: { parts: [{ text: 'Be brief.' }] },
  generationConfig: { maxOutputTokens: 4096, thinkingConfig: { includeThoughts: true } },
  contents: [
    { role: 'user', parts: [{ text: 'Read a and b.' }] },
    { role: 'model', parts: [{ text: 'Two.', thought: true }, call('c1', seal('x')), call('c2')] },
    { role: 'user', parts: [response('c1'), response('c2')] },
    { role: 'model', parts: [{ text: 'A and B.', thoughtSignature: seal('y') }] },
    { role: 'user', parts: [{ text: 'Thanks.' }] },
  ],
  tools: [
    {
      functionDeclarations: [
        {
          name: 'read',
          description: '',
          parametersJsonSchema: { type: 'object', additionalProperties: false },
        },
        {
          name: 'list',
          description: '',
          parameters: { type: 'OBJECT', properties: { path: { type: 'STRING' } } },
        },
      ],
    },
  ],
};
type Body = Record<string, unknown> & { contents: { role: string; parts: Record<string, unknown>[] }[] };

const bad: readonly (readonly [string, (body: Body) => void, RegExp])[] = [
  ['no contents', (b) => (b.contents = []), /contents: contents is not specified/],
  ['unknown field', (b) => (b['messages'] = []), /Unknown name "messages"/],
  [
    'unknown field in a part',
    (b) => (nth(b.contents, 0).parts = [{ type: 'text', text: 'x' }]),
    /Unknown name "type" at 'contents\[0\]\.parts\[0\]'/,
  ],
  ['unknown role', (b) => (nth(b.contents, 1).role = 'assistant'), /Please use a valid role: user, model/],
  [
    'text of a wrong type',
    (b) => (nth(b.contents, 0).parts = [{ text: 1 }]),
    /Invalid value at 'contents\[0\]\.parts\[0\]\.text'/,
  ],
  [
    'no parts',
    (b) => (nth(b.contents, 4).parts = []),
    /contents\[4\]\.parts: contents\.parts must not be empty/,
  ],
  [
    'empty part',
    (b) => (nth(b.contents, 4).parts = [{ text: '' }]),
    /contents\[4\]\.parts\[0\]\.data: required oneof field/,
  ],
  ['ends with the model', (b) => b.contents.pop(), /multiturn requests end with a user role/],
  ['call first', (b) => b.contents.shift(), /function call turn comes immediately after a user turn/],
  [
    'call after the model',
    (b) => b.contents.splice(1, 0, { role: 'model', parts: [{ text: 'Well.' }] }),
    /function call turn comes immediately after a user turn/,
  ],
  [
    'call without a result',
    (b) => nth(b.contents, 2).parts.pop(),
    /number of function response parts is equal/,
  ],
  [
    'result of another call',
    (b) => (nth(b.contents, 2).parts[0] = response('c9')),
    /number of function response parts is equal/,
  ],
  [
    'result without a call',
    (b) => (nth(b.contents, 4).parts = [response('c1')]),
    /function response turn comes immediately after a function call turn/,
  ],
  [
    'altered signature',
    (b) => (nth(nth(b.contents, 1).parts, 1)['thoughtSignature'] = 'x.y.z'),
    /Thought signature is not valid/,
  ],
  [
    'missing signature in the turn at work',
    (b) => {
      b.contents.splice(3);
      delete nth(nth(b.contents, 1).parts, 1)['thoughtSignature'];
    },
    /missing a thought_signature .*`default_api:read`, position 2/,
  ],
  [
    'arguments as text',
    (b) => (nth(b.contents, 1).parts[1] = { functionCall: { name: 'read', args: '{}' } }),
    /functionCall\.args/,
  ],
  ['tool name with a space', (b) => (b['tools'] = tools({ name: 'read file' })), /Invalid function name/],
  [
    'tool name twice',
    (b) => (b['tools'] = [...tools({}), ...tools({})]),
    /Duplicate function declaration found: a/,
  ],
  [
    'JSON Schema where OpenAPI is due',
    (b) => (b['tools'] = tools({ parameters: { type: 'object', additionalProperties: false } })),
    /Unknown name "additionalProperties"/,
  ],
  [
    'broken schema',
    (b) => (b['tools'] = tools({ parametersJsonSchema: { type: 'object', properties: 3 } })),
    /Unable to parse the JSON schema/,
  ],
];

describe('Gemini bodies', () => {
  it('accepts a whole conversation', () => {
    expect(googleProblems(good)).toEqual([]);
  });

  it('accepts calls without signatures in turns that are over, of older models, and marked as foreign', () => {
    const body = structuredClone(good) as unknown as Body;
    delete nth(nth(body.contents, 1).parts, 1)['thoughtSignature'];
    expect(googleProblems(body)).toEqual([]);
    expect(
      googleProblems({ ...body, model: 'gemini-2.5-flash', contents: body.contents.slice(0, 3) }),
    ).toEqual([]);
    nth(nth(body.contents, 1).parts, 1)['thoughtSignature'] = 'skip_thought_signature_validator';
    expect(googleProblems({ ...body, contents: body.contents.slice(0, 3) })).toEqual([]);
  });

  it.each(bad)('refuses: %s', (_name, change, problem) => {
    const body = structuredClone(good) as unknown as Body;
    change(body);
    expect(googleProblems(body).join('\n')).toMatch(problem);
  });
});
