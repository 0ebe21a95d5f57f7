// A host in a process of its own, whose memory and CPU are nobody else's. It runs without its types beside the program as it is
// installed: `node scale-host.js HOME URL`, URL a provider. It does what each line of its input says, `DEED COUNT`, and answers with
// a number.
import { createInterface } from 'node:readline';
import type * as HostDoor from '../src/host/index.ts';
import type { Model, ModelRequest } from '../src/model/index.ts';
import type { Profile } from '../src/protocol/index.ts';

const [home = '', url = ''] = process.argv.slice(2);
const { createModels, createTools, DEFAULT_SESSION_LIMITS, openHost, openSqliteStore, systemClock } =
  (await import(new URL('./dist/host/index.js', import.meta.url).href)) as typeof HostDoor;

const STREAMS = 64;
const AT_ONCE = 100;

const REQUEST: ModelRequest = {
  system: 's',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  tools: [],
};

const profile: Profile = {
  name: 'default',
  prompt: 'You are being measured.',
  model: 'local/m',
  tools: [],
  mode: 'full',
  recovery: 'continue',
  continueOnLength: false,
  haltOnDenied: false,
  deny: { tools: [], paths: [] },
  limits: DEFAULT_SESSION_LIMITS,
};

const models = createModels({
  providers: [{ name: 'local', kind: 'openai-compatible', baseUrl: url, apiKey: 'none' }],
  clock: systemClock,
});
const host = await openHost({
  store: await openSqliteStore({ home }),
  models,
  tools: createTools([]),
  profiles: new Map([['default', profile]]),
  limits: { turns: STREAMS, requestsPerProvider: STREAMS, liveSessions: 10_000 },
});

let created = 0;
let cpu = process.cpuUsage();

async function create(count: number): Promise<number> {
  for (let n = 0; n < count; n += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - n) }, () =>
        host.create({ folder: home, name: `s${String(created++)}` }),
      ),
    );
  return host.inspect().live;
}

async function timed(work: readonly Promise<unknown>[]): Promise<number> {
  const began = performance.now();
  await Promise.all(work);
  return performance.now() - began;
}

/** So many turns in each of as many sessions as there are streams; each is followed by its one viewer. */
async function talk(turns: number): Promise<number> {
  const { sessions } = await host.list({ limit: STREAMS });
  return timed(
    sessions.map(async ({ session }) => {
      const handle = await host.session(session);
      for (let n = 0; n < turns; n++)
        for await (const item of handle.run('hi'))
          if (item.type === 'turn.finished' && item.data.outcome !== 'completed')
            throw new Error(item.data.why);
    }),
  );
}

async function request(model: Model): Promise<void> {
  const context = { signal: new AbortController().signal, file: () => Promise.resolve(new Uint8Array()) };
  for await (const part of model.stream(REQUEST, context))
    if (part.type === 'failed') throw new Error(part.failure.message);
}

/** As many requests, without a host. */
async function ask(turns: number): Promise<number> {
  const model = await models.resolve('local/m');
  return timed(
    Array.from({ length: STREAMS }, async () => {
      for (let n = 0; n < turns; n++) await request(model);
    }),
  );
}

/** CPU of the process since it was asked last, µs. */
function cpuSince(): number {
  const { user, system } = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  return user + system;
}

const deeds: Readonly<Record<string, (count: number) => number | Promise<number>>> = {
  create,
  talk,
  ask,
  cpu: cpuSince,
  resident: () => process.memoryUsage.rss(),
};

for await (const line of createInterface(process.stdin)) {
  const [deed = '', count] = line.split(' ');
  process.stdout.write(`${String(await deeds[deed]?.(Number(count)))}\n`);
}
await host.close();
