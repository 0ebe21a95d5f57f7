// A program with sessions of its own: a tool, two sessions at once, a crash-proof store in a folder.
// From a checkout, after `npm run build`: node examples/embed.ts. With a model: set BASE_URL and MODEL to an OpenAI-compatible
// server; without, the practice model plays one.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  builtInProfiles,
  builtinTools,
  createModels,
  createTools,
  openHost,
  openSqliteStore,
  systemClock,
  type Tool,
} from 'carrel';

const { BASE_URL: baseUrl, MODEL: model = 'offline/practice' } = process.env;

const weather: Tool = {
  name: 'weather',
  description: 'Says what the weather is in a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  access: 'read',
  idempotent: true,
  parallel: true,
  intent: ({ city }) => ({ summary: `weather in ${JSON.stringify(city)}`, paths: [] }),
  run: ({ city }) => Promise.resolve({ ok: true, text: `It is sunny in ${JSON.stringify(city)}.` }),
};

const folder = mkdtempSync(join(tmpdir(), 'carrel-example-'));
await using host = await openHost({
  store: await openSqliteStore({ home: join(folder, 'home') }),
  models: createModels({
    clock: systemClock,
    providers: baseUrl === undefined ? [] : [{ name: 'local', kind: 'openai-compatible', baseUrl }],
  }),
  tools: createTools([...builtinTools(), weather]),
  profiles: builtInProfiles(model),
});

const prompts = { notes: 'write notes.txt: to do', reader: 'say Reading now.\nlist' };
const outcomes = await Promise.all(
  Object.entries(prompts).map(async ([name, prompt]) => {
    // The key makes it safe to run again: the same key gives the same session.
    const session = await host.create({ folder, name, key: name, change: { mode: 'full' } });
    using _listener = session.on('tool.finished', ({ data }) => console.log(`${name}: ${data.output.text}`));
    for await (const item of session.run(prompt)) if (item.type === 'turn.finished') return item.data.outcome;
    return 'waiting';
  }),
);

assert.deepEqual(outcomes, ['completed', 'completed']);
console.log(host.inspect());
