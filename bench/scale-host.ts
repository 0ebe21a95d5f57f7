// A host in a process of its own, whose memory and CPU are nobody else's. Run as `node bench/scale-host.ts DIST HOME URL`: DIST is
// the program as it is installed, URL a provider. It does what each line of its input says, and answers with one of its own.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type * as HostDoor from '../src/host/index.ts';
import type { Profile } from '../src/protocol/index.ts';

const [dist = '', home = '', url = ''] = process.argv.slice(2);
const { createModels, createTools, DEFAULT_SESSION_LIMITS, openHost, openSqliteStore, systemClock } =
  (await import(pathToFileURL(join(dist, 'host', 'index.js')).href)) as typeof HostDoor;

const STREAMS = 64;

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

const host = await openHost({
  store: await openSqliteStore({ home }),
  models: createModels({
    providers: [{ name: 'local', kind: 'openai-compatible', baseUrl: url, apiKey: 'none' }],
    clock: systemClock,
  }),
  tools: createTools([]),
  profiles: new Map([['default', profile]]),
  limits: { turns: STREAMS, requestsPerProvider: STREAMS, liveSessions: 10_000 },
});

let created = 0;
let cpu = process.cpuUsage();

/** Each resolves with what is said about it. */
const deeds: Readonly<Record<string, (count: number) => Promise<number>>> = {
  async create(count) {
    for (let n = 0; n < count; n += 100)
      await Promise.all(
        Array.from({ length: Math.min(100, count - n) }, () =>
          host.create({ folder: home, name: `s${String(created++)}` }),
        ),
      );
    return created;
  },
  /** Turns in as many sessions at once as there are streams; gives how long they took, ms. */
  async stream(turns) {
    const { sessions } = await host.list({ limit: STREAMS });
    const began = performance.now();
    await Promise.all(
      sessions.map(async ({ session }) => {
        const handle = await host.session(session);
        for (let n = 0; n < turns; n++) for await (const item of handle.run('hi')) void item;
      }),
    );
    return performance.now() - began;
  },
  rss: () => {if (process.env.MEMV) console.error(JSON.stringify(process.memoryUsage())); return Promise.resolve(process.memoryUsage.rss());},
  /** CPU since it was asked last, µs. */
  cpu() {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    return Promise.resolve(user + system);
  },
};

for await (const line of createInterface(process.stdin)) {
  const [deed = '', count] = line.split(' ');
  process.stdout.write(`${String(await deeds[deed]?.(Number(count)))}\n`);
}
await host.close();
