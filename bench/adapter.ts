// CPU per streamed delta of everything that can stand between a socket and a model's parts, on the same stream from a provider
// server in another process: `node bench/adapter.ts [--json] [--deltas N] [--runs N] [--everyMs N]`. A pace makes every delta a
// packet of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/index.ts';
import { providerModel } from '../src/model/index.ts';
import type { ProviderKind } from '../src/protocol/index.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    deltas: { type: 'string', default: '4000' },
    runs: { type: 'string', default: '7' },
    everyMs: { type: 'string' },
  },
});
const DELTAS = Number(values.deltas);
const RUNS = Number(values.runs);
const everyMs = values.everyMs === undefined ? {} : { everyMs: Number(values.everyMs) };
const TEXT = Array.from({ length: DELTAS }, (_, n) => `word${String(n).padStart(5, '0')} `).join('');
const BASE_PATH: Readonly<Record<ProviderKind, string>> = {
  openai: '/v1',
  'openai-compatible': '/v1',
  anthropic: '/v1',
  google: '/v1beta',
};

/** Runs once over the stream and gives the deltas it saw. */
type Candidate = () => Promise<number>;

async function startServer(folder: string): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const script = join(folder, 'script.json');
  await writeFile(script, JSON.stringify([{ text: TEXT, pieces: DELTAS, ...everyMs }]));
  const child = spawn(process.execPath, ['src/testing/provider-server/main.ts', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  const stop = (): Promise<unknown> => {
    child.kill();
    return once(child, 'exit');
  };
  return { url, stop };
}

/** The floor: what has to happen whoever does it. */
function raw(url: string): Candidate {
  return async () => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer test-key' },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    const decoder = new TextDecoder();
    let rest = '';
    let deltas = 0;
    for await (const bytes of response.body ?? []) {
      const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        const chunk = JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] };
        if (chunk.choices[0]?.delta.content) deltas++;
      }
    }
    return deltas;
  };
}

function adapter(url: string, kind: ProviderKind): Candidate {
  const provider = { name: 'bench', kind, baseUrl: url + BASE_PATH[kind], apiKey: 'test-key' };
  const model = providerModel(provider, 'test-model', { clock: systemClock });
  const request = {
    system: '',
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    tools: [],
  } as const;
  const context = { signal: new AbortController().signal, file: () => Promise.reject(new Error('no files')) };
  return async () => {
    let deltas = 0;
    for await (const part of model.stream(request, context)) {
      if (part.type === 'text') deltas++;
      if (part.type === 'failed') throw new Error(part.failure.message);
    }
    return deltas;
  };
}

/** The SDK's package for chat completions at the level of `doStream`, without anything of ours. */
async function sdk(url: string): Promise<Candidate> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const model = createOpenAICompatible({ name: 'bench', baseURL: `${url}/v1`, apiKey: 'test-key' }).chatModel(
    'm',
  );
  return async () => {
    const { stream } = await model.doStream({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    });
    let deltas = 0;
    for await (const part of stream) if (part.type === 'text-delta') deltas++;
    return deltas;
  };
}

async function measure(candidate: Candidate): Promise<number> {
  const before = process.cpuUsage();
  const deltas = await candidate();
  const { user, system } = process.cpuUsage(before);
  if (deltas < DELTAS) throw new Error(`${deltas} of ${DELTAS} deltas arrived`);
  return (user + system) / deltas;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const folder = await mkdtemp(join(tmpdir(), 'carrel-bench-'));
const server = await startServer(folder);
try {
  const candidates: Readonly<Record<string, Candidate>> = {
    'raw fetch and JSON.parse': raw(server.url),
    'own decoder: chat completions': adapter(server.url, 'openai-compatible'),
    'AI SDK doStream alone: chat completions': await sdk(server.url),
    'AI SDK: Responses': adapter(server.url, 'openai'),
    'AI SDK: Anthropic messages': adapter(server.url, 'anthropic'),
    'AI SDK: Gemini': adapter(server.url, 'google'),
  };
  const seen = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]));
  // Interleaved, so that a noisy minute hits all of them; the first run warms up.
  for (let run = 0; run <= RUNS; run++) {
    for (const [name, candidate] of Object.entries(candidates)) {
      const micros = await measure(candidate);
      if (run > 0) seen.get(name)?.push(micros);
    }
  }
  const rows = [...seen].map(([name, micros]) => ({
    name,
    microsPerDelta: Number(median(micros).toFixed(1)),
  }));
  if (values.json) console.log(JSON.stringify({ deltas: DELTAS, runs: RUNS, ...everyMs, rows }));
  else console.table(rows);
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}
