// What every model promises, whoever serves it. A case says how its model is made to answer; the suite says the rest.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../base/index.ts';
import type { Message, ToolSpec, Usage } from '../protocol/index.ts';
import { collect, contextOf, requestOf, shapeProblems, textOf } from './contract-parts.ts';
import type { Model, ModelPart, ModelRequest } from './port.ts';

export { collect, contextOf, requestOf, shapeProblems, textOf };

/** One thing that the provider behind the model does. */
export type ContractStep =
  | { readonly text: string; readonly pieces?: number }
  | { readonly reasoning: string; readonly signature: string }
  | { readonly call: { readonly tool: string; readonly args: JsonObject | string } }
  | { readonly usage: Usage }
  | { readonly finish: 'stop' | 'length' | 'calls' | 'filter' }
  | { readonly silence: true }
  /** Keep-alives. */
  | { readonly ping: number }
  | { readonly status: number; readonly message?: string; readonly retryAfter?: number }
  | { readonly overflow: true }
  /** The connection breaks. */
  | { readonly reset: true }
  /** The stream ends without its last events. */
  | { readonly halfClose: true }
  /** A line that is not of the format. */
  | { readonly garbage: string }
  /** From here on at most so many bytes are written at once. */
  | { readonly splitBytes: number }
  /** Only the first half of the arguments of later calls arrives. */
  | { readonly truncateArgs: true };

export interface ModelCase extends AsyncDisposable {
  readonly model: Model;
  /** Answers to come, one a request. */
  script(answers: readonly (readonly ContractStep[])[]): void;
  /** The last request as the provider got it. */
  lastRequest(): string;
  /** Resolves when the provider has seen that nobody reads the answer to the last request any more. */
  abandoned(): Promise<void>;
  /** What is asked for so that reasoning comes. */
  readonly reasoning?: ModelRequest['reasoning'];
}

export interface ContractOptions {
  /** Arguments cut in the middle never leave the provider: the answer fails instead. */
  readonly wholeArgsOnly?: boolean;
}

const TOOLS: readonly ToolSpec[] = ['read', 'list'].map((name) => ({
  name,
  description: `${name} a path`,
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}));

/** Registers the suite. `makeCase` is called once a test. */
export function modelContract(
  name: string,
  makeCase: () => Promise<ModelCase>,
  { wholeArgsOnly = false }: ContractOptions = {},
): void {
  describe(`model contract: ${name}`, () => {
    let now: ModelCase;
    beforeEach(async () => {
      now = await makeCase();
    });
    afterEach(() => now[Symbol.asyncDispose]());

    const ask = async (
      steps: readonly ContractStep[],
      more: Partial<ModelRequest> = {},
    ): Promise<ModelPart[]> => {
      now.script([steps]);
      const parts = await collect(now.model.stream(requestOf('hi', { tools: TOOLS, ...more }), contextOf()));
      expect(shapeProblems(parts)).toEqual([]);
      return parts;
    };

    it('streams text and says what it used', async () => {
      const usage = { input: 12, output: 7 };
      const parts = await ask([{ text: 'Hello, wide world', pieces: 4 }, { usage }]);
      expect(textOf(parts)).toBe('Hello, wide world');
      expect(parts.filter((part) => part.type === 'text').length).toBeGreaterThan(1);
      expect(parts.at(-1)).toMatchObject({ type: 'finished', reason: 'stop', usage });
    });

    it('keeps characters whole whatever the bytes are split into', async () => {
      const text = 'naïve 😀 — 漢字 \u{1f468}\u200d\u{1f469}';
      expect(textOf(await ask([{ splitBytes: 1 }, { text, pieces: 3 }]))).toBe(text);
    });

    it('gives calls whole, with progress before', async () => {
      const parts = await ask([
        { text: 'Let me see.' },
        { call: { tool: 'read', args: { path: 'a "quoted" name' } } },
        { call: { tool: 'list', args: { path: 'src' } } },
      ]);
      const calls = parts.filter((part) => part.type === 'call');
      expect(calls.map(({ tool, args }) => [tool, JSON.parse(args) as Json])).toEqual([
        ['read', { path: 'a "quoted" name' }],
        ['list', { path: 'src' }],
      ]);
      for (const call of calls) {
        const before = parts.slice(0, parts.indexOf(call));
        expect(before.some((part) => part.type === 'call-progress' && part.index === call.index)).toBe(true);
      }
      expect(parts.at(-1)).toMatchObject({ type: 'finished', reason: 'calls' });
    });

    it('passes cut arguments on as they came, or fails', async () => {
      const parts = await ask([
        { truncateArgs: true },
        { call: { tool: 'read', args: { path: 'long/path' } } },
      ]);
      const call = parts.find((part) => part.type === 'call');
      const outcome = call === undefined ? parts.at(-1)?.type : call.args;
      expect(outcome).toMatch(wholeArgsOnly ? /^failed$/ : /^\{"path":[^}]*$/);
    });

    it('gives opaque data back to the provider it came from, and to no other', async () => {
      const reasoning = now.reasoning === undefined ? {} : { reasoning: now.reasoning };
      const first = await ask(
        [
          { reasoning: 'I should look.', signature: 'sig-1' },
          { call: { tool: 'read', args: { path: 'a' } } },
        ],
        reasoning,
      );
      expect(first.some((part) => part.type === 'reasoning')).toBe(true);
      const messages = continued(first);
      const needed = opaqueStrings(first.filter((part) => part.type === 'ended'));
      const secrets = opaqueStrings(first);
      await ask([{ text: 'Done.' }], { ...reasoning, messages });
      for (const secret of needed) expect(now.lastRequest()).toContain(secret);
      expect(now.lastRequest()).toContain('contents of a');

      await ask([{ text: 'Done.' }], { ...reasoning, messages: messages.map(ofAnother) });
      for (const secret of secrets) expect(now.lastRequest()).not.toContain(secret);
      expect(now.lastRequest()).toContain('contents of a');
    });

    it.each(['stop', 'length', 'filter'] as const)('says why it ended: %s', async (reason) => {
      const parts = await ask([{ text: 'Hm' }, { finish: reason }]);
      expect(parts.at(-1)).toMatchObject({ type: 'finished', reason });
    });

    it('ends an empty answer as finished', async () => {
      const parts = await ask([{ finish: 'stop' }]);
      expect(textOf(parts)).toBe('');
      expect(parts.at(-1)).toMatchObject({ type: 'finished', reason: 'stop' });
    });

    it('yields nothing for keep-alives', async () => {
      const quiet = await ask([{ text: 'a' }]);
      const pinged = await ask([{ ping: 3 }, { text: 'a' }, { ping: 3 }]);
      expect(pinged.map((part) => part.type)).toEqual(quiet.map((part) => part.type));
    });

    it.each([
      [{ status: 500 }, { code: 'provider_failed', retryable: true }],
      [{ status: 503 }, { code: 'provider_failed', retryable: true }],
      [
        { status: 429, retryAfter: 7 },
        { code: 'provider_failed', retryable: true, retryAfterMs: 7000 },
      ],
      [
        { status: 400, message: 'odd request' },
        { code: 'provider_failed', retryable: false },
      ],
      [
        { overflow: true },
        { code: 'provider_failed', retryable: false, data: { reason: 'context_overflow' } },
      ],
    ] as const)('fails before the answer: %o', async (step, expected) => {
      const parts = await ask([step]);
      expect(parts).toHaveLength(1);
      expect(parts[0]).toMatchObject({ type: 'failed', failure: expected });
    });

    it.each([
      [{ status: 529, message: 'Overloaded' }, { retryable: true }],
      [{ reset: true }, { retryable: true }],
      [{ halfClose: true }, { retryable: true, data: { reason: 'incomplete' } }],
      [{ garbage: 'data: {"unfinished\n\n' }, { retryable: true, data: { reason: 'malformed' } }],
    ] as const)('keeps the text before a failure in mid-answer: %o', async (step, expected) => {
      const parts = await ask([{ text: 'So far', pieces: 2 }, step]);
      expect('So far').toContain(textOf(parts));
      expect(parts.at(-1)).toMatchObject({
        type: 'failed',
        failure: { code: 'provider_failed', ...expected },
      });
    });

    it('ends as cancelled when it is aborted before it starts', async () => {
      now.script([[{ text: 'never' }]]);
      const parts = await collect(now.model.stream(requestOf('hi'), contextOf(AbortSignal.abort())));
      expect(parts).toMatchObject([{ type: 'failed', failure: { code: 'cancelled', retryable: false } }]);
    });

    it('ends as cancelled in a silence before the first part, and hangs up', async () => {
      now.script([[{ silence: true }]]);
      const stop = new AbortController();
      const parts = collect(now.model.stream(requestOf('hi'), contextOf(stop.signal)));
      await arrived(now);
      stop.abort();
      expect(await parts).toMatchObject([{ type: 'failed', failure: { code: 'cancelled' } }]);
      await now.abandoned();
    });

    it('ends as cancelled in a silence in mid-text, within a turn of the event loop, and hangs up', async () => {
      now.script([[{ text: 'So far' }, { silence: true }]]);
      const stop = new AbortController();
      const parts = now.model.stream(requestOf('hi'), contextOf(stop.signal))[Symbol.asyncIterator]();
      expect((await parts.next()).value).toMatchObject({ type: 'text', text: 'So far' });
      const next = parts.next();
      stop.abort();
      const late = new Promise((resolve) => setImmediate(() => setImmediate(resolve, 'late')));
      expect(await Promise.race([next, late])).toMatchObject({ value: { failure: { code: 'cancelled' } } });
      expect(await parts.next()).toEqual({ done: true, value: undefined });
      await now.abandoned();
    });

    it('hangs up when its reader leaves', async () => {
      now.script([[{ text: 'So far' }, { silence: true }]]);
      for await (const part of now.model.stream(requestOf('hi'), contextOf())) {
        expect(part.type).toBe('text');
        break;
      }
      await now.abandoned();
    });
  });
}

/** Until the provider has the request: an abort before that would test nothing. */
async function arrived(now: ModelCase): Promise<void> {
  while (now.lastRequest() === '') await new Promise((resolve) => setImmediate(resolve));
}

/** The transcript after an answer whose call gave `contents of a`. */
function continued(parts: readonly ModelPart[]): readonly Message[] {
  const reasoning = parts.find((part) => part.type === 'reasoning');
  const ended = parts.find(
    (part) =>
      part.type === 'ended' &&
      reasoning !== undefined &&
      'index' in reasoning &&
      part.index === reasoning.index,
  );
  const call = parts.find((part) => part.type === 'call');
  const back = (part: ModelPart | undefined) =>
    part !== undefined && 'provider' in part && part.provider !== undefined
      ? { provider: part.provider }
      : {};
  const text = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  return [
    ...requestOf('hi').messages,
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text, ...back(ended) },
        { type: 'call', call: 'cal_7.1', tool: 'read', args: { path: 'a' }, ...back(call) },
      ],
    },
    {
      role: 'tool',
      parts: [{ type: 'result', call: 'cal_7.1', tool: 'read', ok: true, text: 'contents of a' }],
    },
  ];
}

/** The same message as if another provider had made it. */
function ofAnother(message: Message): Message {
  if (message.role !== 'assistant') return message;
  const parts = message.parts.map((part) =>
    part.provider === undefined ? part : { ...part, provider: { ...part.provider, name: 'another' } },
  );
  return { role: 'assistant', parts };
}

/** Every text of some length inside the opaque data of reasoning and calls. */
function opaqueStrings(parts: readonly ModelPart[]): readonly string[] {
  const leaves = (value: Json): readonly string[] => {
    if (typeof value === 'string') return value.length > 8 ? [value] : [];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
  };
  return parts.flatMap((part) =>
    'provider' in part && part.provider !== undefined ? leaves(part.provider.data) : [],
  );
}
