import { deferred } from '../base/index.ts';
import { describe, expect, it } from 'vitest';
import { collect, contextOf, requestOf } from './contract.ts';
import type { ModelPart } from './port.ts';
import { scriptedModel, type ScriptAnswer } from './scripted.ts';

const request = requestOf('hi');

const play = (answer: ScriptAnswer): Promise<ModelPart[]> =>
  collect(scriptedModel({ answers: [answer] }).stream(request, contextOf()));

describe('scripted model', () => {
  it('plays a whole answer', async () => {
    const parts = await play([
      { reasoning: ['hm', 'm'], provider: { signature: 's' } },
      { text: 'Hello' },
      { call: 'read', args: { path: 'a' } },
      { usage: { input: 3 } },
    ]);
    expect(parts).toEqual([
      { type: 'reasoning', index: 0, text: 'hm' },
      { type: 'reasoning', index: 0, text: 'm' },
      { type: 'ended', index: 0, provider: { name: 'scripted', data: { signature: 's' } } },
      { type: 'text', index: 1, text: 'Hello' },
      { type: 'ended', index: 1 },
      { type: 'call-progress', index: 2, tool: 'read' },
      { type: 'call', index: 2, tool: 'read', args: '{"path":"a"}' },
      { type: 'finished', reason: 'calls', usage: { input: 3, output: 0 } },
    ]);
  });

  it('ends where the script says', async () => {
    expect((await play([{ finish: 'length' }, { text: 'never' }])).map((part) => part.type)).toEqual([
      'finished',
    ]);
    const [last] = await play([
      { fail: { message: 'no', retryable: true, retryAfterMs: 5 } },
      { text: 'never' },
    ]);
    expect(last).toMatchObject({ failure: { code: 'provider_failed', message: 'no', retryAfterMs: 5 } });
  });

  it('keeps the requests and fails beyond the last answer', async () => {
    const model = scriptedModel({ answers: [[{ text: 'one' }]] });
    await collect(model.stream(request, contextOf()));
    const [second] = await collect(model.stream(request, contextOf()));
    expect(second).toMatchObject({ type: 'failed', failure: { code: 'provider_failed', retryable: false } });
    expect(model.requests).toHaveLength(2);
  });

  it('answers by a function of the request', async () => {
    const model = scriptedModel({ answers: (asked, n) => [{ text: `${n}: ${asked.messages.length}` }] });
    const [first] = await collect(model.stream(request, contextOf()));
    expect(first).toEqual({ type: 'text', index: 0, text: '0: 1' });
  });

  it('waits at a gate inside a text', async () => {
    const gate = deferred<void>();
    const model = scriptedModel({ answers: [[{ text: ['a', { wait: gate.promise }, 'b'] }]] });
    const parts = model.stream(request, contextOf())[Symbol.asyncIterator]();
    expect((await parts.next()).value).toEqual({ type: 'text', index: 0, text: 'a' });
    const next = parts.next();
    gate.resolve();
    expect((await next).value).toEqual({ type: 'text', index: 0, text: 'b' });
  });

  it('ends as cancelled wherever the abort meets it', async () => {
    const stop = new AbortController();
    const model = scriptedModel({ answers: [[{ text: ['a', 'b'] }, { silence: true }]] });
    const seen: ModelPart[] = [];
    for await (const part of model.stream(request, contextOf(stop.signal))) {
      seen.push(part);
      if (part.type === 'ended') setImmediate(() => stop.abort());
    }
    expect(seen.map((part) => part.type)).toEqual(['text', 'text', 'ended', 'failed']);
    expect(seen.at(-1)).toMatchObject({ failure: { code: 'cancelled', retryable: false } });
  });
});
