// The process that is killed with many turns open, and the one that takes its place. Run as
// `node open-turns-child.ts PLACE COUNT`: it opens so many turns, half of them in text and half in a tool, and never ends; or as
// `node open-turns-child.ts PLACE`: it takes them up, and ends when all have come to rest. It says, one JSON object a line, what it
// has reached.
import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { ledgerTool } from '../../src/testing/index.ts';
import { createTools } from '../../src/tool/index.ts';
import { openHome, type Place } from './host.ts';

type Opened = Awaited<ReturnType<typeof openHome>>;

export type Reached =
  /** Every turn is open: its text streams, or its tool runs. */
  | { readonly open: number }
  /** A new session was created, durably, this long after the process began, and with so much CPU: a busy machine takes longer. */
  | { readonly servingMs: number; readonly cpuMs: number }
  | { readonly rested: number };

function say(what: Reached): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

/** Its intent and its run are written down; then it does not end. */
const stuck = (file: string) => ledgerTool(file, { run: () => new Promise<never>(() => undefined) });

/** Resolves once its text streams and the beginning of it is durable, or its tool runs. */
async function openTurn({ host, store }: Opened, folder: string, n: number): Promise<void> {
  const recovery = n % 4 < 2 ? 'continue' : 'pause';
  const session = await host.create({
    folder,
    name: `s${String(n)}`,
    change: { recovery, tools: ['ledger'] },
  });
  const kind = n % 2 === 0 ? 'text' : 'tool';
  for await (const item of session.run(kind))
    if (kind === 'text' ? item.type === 'delta' : item.type === 'tool.started') break;
  while (kind === 'text' && (await store.tail('local', session.id)).length === 0) await setImmediate();
}

async function work(place: Place, count: number): Promise<void> {
  const limits = { turns: count, requestsPerProvider: count, toolsAtOnce: count };
  const opened = await openHome(place, { limits, tools: createTools([stuck(place.ledger)]) });
  await Promise.all(Array.from({ length: count }, (_, n) => openTurn(opened, place.folder, n)));
  say({ open: count });
}

async function goOn(place: Place): Promise<void> {
  const { host } = await openHome(place);
  const own = await host.create({ folder: place.folder, name: 'after' });
  const { user, system } = process.cpuUsage();
  say({ servingMs: performance.now(), cpuMs: (user + system) / 1_000 });
  const { sessions } = await host.list({ limit: 10_000 });
  const others = sessions.filter(({ session }) => session !== own.id);
  for (const { session } of others) await (await host.session(session)).settled();
  say({ rested: others.length });
  await host.close();
}

const [text = '', count] = process.argv.slice(2);
const place = JSON.parse(text) as Place;
await (count === undefined ? goOn(place) : work(place, Number(count)));
