// A turn with tools against a collector of the test's own: what arrives has the names of the conventions, and says nothing that was said.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../base/index.ts';
import type { Fact } from '../../../host/index.ts';
import { openTestHost, testTool } from '../../../testing/index.ts';
import { Measures } from '../measures.ts';
import { openOtlp, type Otlp, type OtlpSettings } from './open.ts';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly bodies: { readonly path: string; readonly key: string | undefined; readonly text: string }[];
  spans(): readonly ReceivedSpan[];
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Takes everything, or refuses it with `status`. */
async function openCollector(status = 200): Promise<Collector> {
  const bodies: Collector['bodies'] = [];
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      const { url: path = '', headers } = request;
      bodies.push({ path, key: headers['x-key'] as string | undefined, text });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const listening = deferred<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    bodies,
    spans: () =>
      bodies
        .filter(({ path }) => path === '/v1/traces')
        .flatMap(({ text }) => {
          const { resourceSpans } = JSON.parse(text) as {
            resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[];
          };
          return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
        }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function attributesOf(span: ReceivedSpan | undefined): Record<string, unknown> {
  const pairs = (span?.attributes ?? []).map(({ key, value: { stringValue, intValue } }) => [
    key,
    stringValue ?? intValue,
  ]);
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

const LOOK = testTool({ name: 'look', run: () => 'the secret result' });
const FAILING = testTool({
  name: 'break',
  run: () => {
    throw new Error('the secret reason');
  },
});

const settingsOf = (url: string, content = false): OtlpSettings => ({
  traces: { url: `${url}/v1/traces`, headers: { 'x-key': 'k' } },
  metrics: { url: `${url}/v1/metrics`, headers: {} },
  timeoutMs: 2_000,
  metricsMs: 60_000,
  content,
  resource: { 'service.name': 'carrel' },
});

/** Two steps: a call of each tool, then the answer. */
async function runTurn(otlp: Otlp): Promise<string> {
  await using test = await openTestHost({
    observe: (fact: Fact) => otlp.hear(fact),
    tools: [LOOK, FAILING],
    answers: [
      [
        { call: 'look', args: { where: 'the secret place' } },
        { call: 'break', args: {} },
        { usage: { input: 10, output: 5, cachedInput: 4 } },
      ],
      [{ text: 'the secret answer' }, { usage: { input: 20, output: 7 } }],
    ],
  });
  const session = await test.session();
  await session.send('the secret question');
  await session.settled();
  return session.id;
}

describe('a collector', () => {
  let collector: Collector;
  const failures: string[] = [];
  beforeEach(async () => {
    failures.length = 0;
    collector = await openCollector();
  });
  afterEach(() => collector[Symbol.asyncDispose]());

  const open = (url: string, content?: boolean): Promise<Otlp> =>
    openOtlp({
      settings: settingsOf(url, content),
      version: '0',
      look: () => {
        const measures = new Measures();
        measures.set('carrel_viewers', [], 3);
        measures.add('carrel_events_total', ['turn.started'], 2);
        return Promise.resolve(measures.families());
      },
      onFailure: (sink) => failures.push(sink),
    });

  it('is told of a turn as a trace, by the names of the conventions', async () => {
    await using otlp = await open(collector.url);
    const session = await runTurn(otlp);
    await otlp.flush();
    const spans = collector.spans();
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      'chat model',
      'chat model',
      'execute_tool break',
      'execute_tool look',
      'invoke_agent default',
    ]);
    const [turn] = spans.filter(({ name }) => name.startsWith('invoke_agent'));
    expect(spans.filter(({ parentSpanId }) => parentSpanId === turn?.spanId)).toHaveLength(4);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    for (const { startTimeUnixNano, endTimeUnixNano } of spans)
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    expect(attributesOf(turn)).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'default',
      'gen_ai.provider.name': 'scripted',
      'gen_ai.request.model': 'model',
      'gen_ai.conversation.id': session,
      'gen_ai.usage.input_tokens': 30,
      'gen_ai.usage.output_tokens': 12,
    });
    const [chat] = spans.filter(({ name }) => name === 'chat model');
    expect(attributesOf(chat)).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'scripted',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 4,
    });
    const failed = spans.find(({ name }) => name === 'execute_tool break');
    expect([attributesOf(failed)['error.type'], failed?.status.code]).toEqual(['tool_failed', 2]);
    expect(attributesOf(spans.find(({ name }) => name === 'execute_tool look'))).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'look',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': expect.stringMatching(/^cal_/) as string,
    });
    expect(collector.bodies[0]?.key).toBe('k');
    expect(JSON.stringify(collector.bodies)).not.toContain('secret');
    expect(failures).toEqual([]);
  });

  it('is told of what was said only where a setting lets it out', async () => {
    await using otlp = await open(collector.url, true);
    await runTurn(otlp);
    await otlp.flush();
    const all = Object.assign({}, ...collector.spans().map(attributesOf)) as Record<string, string>;
    expect(all['gen_ai.input.messages']).toContain('the secret question');
    expect(all['gen_ai.output.messages']).toContain('the secret answer');
    expect(all['gen_ai.tool.call.arguments']).toBeDefined();
    expect(all['gen_ai.tool.call.result']).toBeDefined();
  });

  it('is told the numbers of the conventions, and our own', async () => {
    await using otlp = await open(collector.url);
    await runTurn(otlp);
    await otlp.flush();
    const text = collector.bodies.find(({ path }) => path === '/v1/metrics')?.text ?? '';
    for (const name of [
      'gen_ai.client.operation.duration',
      'gen_ai.client.operation.time_to_first_chunk',
      'gen_ai.client.token.usage',
      'gen_ai.token.type',
      'carrel_viewers',
      'carrel_events_total',
    ])
      expect(text).toContain(`"${name}"`);
  });

  it('that refuses is counted, and no turn fails', async () => {
    await using refusing = await openCollector(400);
    await using otlp = await open(refusing.url);
    await runTurn(otlp);
    await otlp.flush();
    expect(new Set(failures)).toEqual(new Set(['traces', 'metrics']));
  });

  it('that is not there is counted, and no turn fails or waits for it', async () => {
    const gone = collector.url;
    await collector[Symbol.asyncDispose]();
    const otlp = await open(gone);
    await runTurn(otlp);
    // The turn is over, and nothing was even tried.
    expect(failures).toEqual([]);
    await otlp.flush();
    expect(failures).toContain('traces');
    await otlp[Symbol.asyncDispose]();
    collector = await openCollector();
  });
});
