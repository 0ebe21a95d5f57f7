import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock, type JsonObject } from '../../../base/index.ts';
import type { Message } from '../../../protocol/index.ts';
import { collect, contextOf, requestOf, shapeProblems, textOf } from '../../contract.ts';
import type { ModelPart } from '../../port.ts';
import { providerModel } from '../model.ts';
import { EventStream } from '../sse.ts';
import { chatBody } from './body.ts';
import { mergeDetails } from './details.ts';

type Reply = string | readonly unknown[];

/** The parts that a server's events become; text is sent as it is. */
async function decode(reply: Reply, type = 'text/event-stream'): Promise<ModelPart[]> {
  const events =
    typeof reply === 'string' ? reply : reply.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  const fetch = () => Promise.resolve(new Response(events, { headers: { 'content-type': type } }));
  const provider = { name: 'acme', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1' } as const;
  const parts = await collect(
    providerModel(provider, 'm', { clock: systemClock, fetch }).stream(requestOf('hi'), contextOf()),
  );
  expect(shapeProblems(parts)).toEqual([]);
  return parts;
}

const delta = (value: JsonObject, more: JsonObject = {}): JsonObject => ({
  choices: [{ delta: value, ...more }],
});
const stop = { choices: [{ delta: {}, finish_reason: 'stop' }] };
const called = (...calls: readonly JsonObject[]): JsonObject => delta({ tool_calls: calls });
const callsIn = (parts: readonly ModelPart[]) =>
  parts.flatMap((part) => (part.type === 'call' ? [[part.tool, part.args, part.provider?.data]] : []));

describe('chat completions: what servers send', () => {
  it.each([
    ['reasoning_content', { reasoning_content: 'hm' }],
    ['reasoning', { reasoning: 'hm' }],
    ['reasoning', { reasoning: 'hm', reasoning_content: null }],
  ])('reasoning in %s', async (field, thought) => {
    const parts = await decode([delta(thought), delta({ content: 'ok' }), stop]);
    expect(parts.slice(0, 3)).toEqual([
      { type: 'reasoning', index: 0, text: 'hm' },
      { type: 'ended', index: 0, provider: { name: 'acme', data: { field } } },
      { type: 'text', index: 1, text: 'ok' },
    ]);
  });

  it('signed reasoning in details, joined', async () => {
    const detail = (more: JsonObject) =>
      delta({ reasoning: 'h', reasoning_details: [{ type: 'reasoning.text', index: 0, ...more }] });
    const parts = await decode([detail({ text: 'a' }), detail({ text: 'b', signature: 's' }), stop]);
    expect(parts.find((part) => part.type === 'ended')).toMatchObject({
      provider: {
        data: {
          field: 'reasoning',
          details: [{ type: 'reasoning.text', index: 0, text: 'ab', signature: 's' }],
        },
      },
    });
    expect(mergeDetails([{ type: 'x' }], [{ type: 'x' }])).toHaveLength(2);
  });

  it('lists of texts and thoughts', async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'ok' },
    ];
    const parts = await decode([delta({ content }), stop]);
    expect(parts.map((part) => part.type)).toEqual(['reasoning', 'ended', 'text', 'ended', 'finished']);
  });

  it.each([
    [
      'numbered',
      [
        called(
          { index: 0, id: 'a', function: { name: 'f', arguments: '' } },
          { index: 1, id: 'b', function: { name: 'g' } },
        ),
        called(
          { index: 1, function: { arguments: '{"y":2}' } },
          { index: 0, function: { arguments: '{"x":1}' } },
        ),
      ],
    ],
    [
      'all numbered 0',
      [
        called({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }),
        called({ index: 0, id: 'b', function: { name: 'g', arguments: '{"y":2}' } }),
      ],
    ],
    [
      'not numbered, with objects',
      [
        called({ id: 'a', function: { name: 'f', arguments: { x: 1 } } }),
        called({ id: 'b', function: { name: 'g', arguments: '{"y"' } }),
        called({ function: { arguments: ':2}' } }),
      ],
    ],
  ])('calls that are %s', async (_, events) => {
    const parts = await decode([...events, stop]);
    expect(callsIn(parts)).toEqual([
      ['f', '{"x":1}', { id: 'a' }],
      ['g', '{"y":2}', { id: 'b' }],
    ]);
    expect(parts.at(-1)).toMatchObject({ type: 'finished', reason: 'calls' });
  });

  it('calls without arguments, and with something to give back', async () => {
    const extra = { google: { thought_signature: 't' } };
    const parts = await decode([
      called({ index: 0, id: 'a', function: { name: 'f' }, extra_content: extra }),
      stop,
    ]);
    expect(callsIn(parts)).toEqual([['f', '{}', { id: 'a', extra }]]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['content_filter', 'filter'],
    ['something_new', 'stop'],
  ])('%s ends as %s', async (raw, reason) => {
    const parts = await decode([{ choices: [{ delta: { content: 'a' }, finish_reason: raw }] }]);
    expect(parts.at(-1)).toMatchObject({ type: 'finished', reason });
  });

  it.each([
    ['no reason', [delta({ content: 'a' })], 'incomplete'],
    ['an error as the reason', [{ choices: [{ delta: {}, finish_reason: 'error' }] }], 'incomplete'],
    ['an error event', [delta({ content: 'a' }), { error: { message: 'busy', code: 503 } }], 'provider'],
    ['an error event that is a text', [{ error: 'CUDA out of memory' }], 'provider'],
    [
      'an overflow in mid-stream',
      [{ error: { message: 'context size exceeded', code: 400 } }],
      'context_overflow',
    ],
    ['null', [null], 'malformed'],
    ['half a line', 'data: {"choices\n\n', 'malformed'],
  ])('%s is a failure', async (_, reply, reason) => {
    expect((await decode(reply)).at(-1)).toMatchObject({ type: 'failed', failure: { data: { reason } } });
  });

  it('takes an end without a reason when the server says that it is the end', async () => {
    const parts = await decode('data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n');
    expect(parts.at(-1)).toMatchObject({ type: 'finished', reason: 'stop' });
  });

  it.each([
    [
      {
        usage: { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } },
        choices: [],
      },
      { input: 5, output: 2, cachedInput: 3 },
    ],
    [{ choices: [{ usage: { prompt_tokens: 5, completion_tokens: 2 } }] }, { input: 5, output: 2 }],
    [
      { usage: { prompt_tokens: 5, completion_tokens: 2, prompt_cache_hit_tokens: 4 }, choices: [] },
      { input: 5, output: 2, cachedInput: 4 },
    ],
    [
      { usage: null, choices: [] },
      { input: 0, output: 0 },
    ],
  ])('usage: %o', async (event, usage) => {
    expect((await decode([stop, event])).at(-1)).toEqual({ type: 'finished', reason: 'stop', usage });
  });

  it('takes an answer that comes at once, and an error with a good status', async () => {
    const whole = { choices: [{ message: { content: 'all\nat once' }, finish_reason: 'stop' }] };
    expect(textOf(await decode(JSON.stringify(whole, null, 2), 'application/json'))).toBe('all\nat once');
    const failed = await decode('{"error":{"message":"no","code":400}}', 'application/json');
    expect(failed).toMatchObject([{ type: 'failed', failure: { message: 'acme answered 400: no' } }]);
  });
});

describe('chat completions: what is sent', () => {
  const body = (messages: readonly Message[], provider = 'acme') =>
    chatBody({ provider, model: 'm' }, requestOf('', { messages, system: 'Be brief.' }), () =>
      Promise.resolve(new TextEncoder().encode('hello')),
    );
  const file = (name: string, mediaType: string) =>
    ({ type: 'file', file: { name, mediaType, blob: 'b', bytes: 5 } }) as const;

  it('texts in one, files as what they are', async () => {
    const { messages } = await body([
      { role: 'user', parts: [{ type: 'text', text: 'See' }, file('a.txt', 'text/plain')] },
      { role: 'user', parts: [file('a.png', 'image/png'), file('a.pdf', 'application/pdf')] },
    ]);
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'See\n\n[file a.txt]\nhello' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGVsbG8=' } },
        ],
      },
    ]);
  });

  const chain: readonly Message[] = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm', provider: { name: 'acme', data: { field: 'reasoning' } } },
        {
          type: 'call',
          call: 'cal_1.0',
          tool: 'f',
          args: { x: 1 },
          provider: { name: 'acme', data: { id: 'functions.f:0', extra: 7 } },
        },
        {
          type: 'call',
          call: 'cal_1.1',
          tool: 'f',
          args: {},
          provider: { name: 'acme', data: { id: 'functions.f:0' } },
        },
      ],
    },
    {
      role: 'tool',
      parts: ['cal_1.0', 'cal_1.1'].map((call) => ({
        type: 'result',
        call,
        tool: 'f',
        ok: true,
        text: call,
      })),
    },
  ];

  it('what its provider gave, with every id once', async () => {
    const { messages } = await body(chain);
    expect(messages).toMatchObject([
      {},
      {
        content: null,
        reasoning: 'hm',
        tool_calls: [
          { id: 'functions.f:0', extra_content: 7, function: { arguments: '{"x":1}' } },
          { id: 'call00001', function: { arguments: '{}' } },
        ],
      },
      { tool_call_id: 'functions.f:0', content: 'cal_1.0' },
      { tool_call_id: 'call00001', content: 'cal_1.1' },
    ]);
  });

  it('nothing of another provider', async () => {
    const sent = JSON.stringify(await body(chain, 'other'));
    expect(sent).not.toMatch(/hm|functions|extra/);
    expect(sent).toContain('call00000');
  });
});

describe('event stream', () => {
  const read = (chunks: readonly Uint8Array[]): string[] => {
    const events = new EventStream();
    const data: string[] = [];
    for (const chunk of chunks) events.push(chunk, data);
    return data;
  };
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('gives the same events wherever the bytes are cut', () => {
    const whole = bytes(
      ': hello\r\nevent: x\r\ndata: {"a":"é😀"}\r\n\r\ndata:b\ndata: c\n\nid: 7\n\ndata: \n\ndata: cut',
    );
    const expected = ['{"a":"é😀"}', 'b\nc', ''];
    expect(read([whole])).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        expect(read(at.slice(1).map((end, n) => whole.subarray(at[n], end)))).toEqual(expected);
      }),
    );
  });
});
