// CPU per streamed delta: durable, with one viewer, eight sessions at once. The floor is the provider adapter alone on the same
// stream, ours and the AI SDK's; below that a raw fetch. Deltas that share packets show our own share; one delta a packet is what networks do.
import type { Model, ModelRequest } from '../../src/model/index.ts';
import type { Host } from '../../src/host/index.ts';
import { benchHost, cpuMicros, median, modelsAt, scratch, streamServer, type Row } from '../measure.ts';

export const SESSIONS = 8;
export const DELTAS = 200;
const RUNS = 7;

const REQUEST: ModelRequest = {
  system: 's',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  tools: [],
};

async function raw(url: string): Promise<void> {
  const response = await fetch(`${url}/chat/completions`, { method: 'POST', body: '{}' });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes as Uint8Array, { stream: true });
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const line = rest.slice('data: '.length, end);
      rest = rest.slice(end + 2);
      if (line !== '[DONE]') JSON.parse(line);
    }
  }
}

async function adapter(model: Model): Promise<void> {
  const context = { signal: new AbortController().signal, file: () => Promise.resolve(new Uint8Array()) };
  for await (const part of model.stream(REQUEST, context))
    if (part.type === 'failed') throw new Error(part.failure.message);
}

/** What a program without Carrel would put there: the AI SDK's adapter for the same format, at the level of one request. */
async function sdkAdapter(url: string): Promise<() => Promise<void>> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const model = createOpenAICompatible({ name: 'bench', baseURL: url, apiKey: 'none' }).chatModel('m');
  return async () => {
    const { stream } = await model.doStream({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    });
    for await (const part of stream) if (part.type === 'error') throw part.error;
  };
}

function together(turns: number, work: () => Promise<void>): () => Promise<unknown> {
  return () =>
    Promise.all(
      Array.from({ length: SESSIONS }, async () => {
        for (let n = 0; n < turns; n++) await work();
      }),
    );
}

/** A session of its own, followed by its one viewer. */
export async function talk(host: Host, folder: string, turns: number): Promise<void> {
  const session = await host.create({ folder });
  for (let n = 0; n < turns; n++)
    for await (const item of session.run('hi'))
      if (item.type === 'turn.finished' && item.data.outcome !== 'completed') throw new Error(item.data.why);
}

async function measure(everyMs: number, turns: number): Promise<readonly Row[]> {
  using home = scratch();
  await using server = await streamServer(DELTAS, everyMs);
  const models = modelsAt(server.url);
  const model = await models.resolve('local/m');
  await using bench = await benchHost(home.path, { models, model: 'local/m' });
  const turn = (): Promise<void> => talk(bench.host, home.path, turns);
  const all = SESSIONS * DELTAS * turns;
  const sdk = await sdkAdapter(server.url);
  const figures = {
    raw: [] as number[],
    adapter: [] as number[],
    sdk: [] as number[],
    carrel: [] as number[],
  };
  for (let run = 0; run <= RUNS; run++) {
    const found = {
      raw: (await cpuMicros(together(turns, () => raw(server.url)))) / all,
      adapter: (await cpuMicros(together(turns, () => adapter(model)))) / all,
      sdk: (await cpuMicros(together(turns, sdk))) / all,
      carrel: (await cpuMicros(together(1, turn))) / all,
    };
    // The first run warms up.
    if (run > 0)
      for (const key of ['raw', 'adapter', 'sdk', 'carrel'] as const) figures[key].push(found[key]);
  }
  const floor = { name: 'provider adapter alone', value: median(figures.adapter) };
  const kind = everyMs > 0 ? 'one delta a packet' : 'deltas share packets';
  const over = (floors: readonly number[]): number =>
    median(figures.carrel.map((value, n) => value / (floors[n] ?? value)));
  return [
    { name: `raw fetch, ${kind}`, value: median(figures.raw), unit: 'µs CPU/delta' },
    {
      name: `durable delta, 8 sessions, ${kind}`,
      value: median(figures.carrel),
      unit: 'µs CPU/delta',
      floor,
      limit: 30,
    },
    { name: `the same over our adapter alone, ${kind}`, value: over(figures.adapter), unit: '×', limit: 1.5 },
    {
      name: `the same over the AI SDK's adapter alone, ${kind}`,
      value: over(figures.sdk),
      unit: '×',
      limit: 1.5,
    },
  ];
}

export async function deltaRows(): Promise<readonly Row[]> {
  return [...(await measure(0, 6)), ...(await measure(2, 2))];
}
