// A host as an embedding program opens it; the demo kills its first process. Arguments: the home, the folder, and `again` for a
// process that takes up what the first one left. Items that are worth showing go to standard output, one JSON object a line.
import { existsSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { homeAt, loadConfig, resolveProfiles } from '../../src/config/index.ts';
import { openHost, type SessionHandle } from '../../src/host/index.ts';
import { createModels } from '../../src/model/index.ts';
import type { ViewItem } from '../../src/protocol/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { builtinTools, createTools } from '../../src/tool/index.ts';
import { PID_FILE, PLAYERS, TELLERS, type Player } from './cast.ts';

const [home = '', folder = '', again] = process.argv.slice(2);
const config = loadConfig({ home: homeAt(home), folder, env: {}, flags: {} });
await using host = await openHost({
  store: await openSqliteStore({ home }),
  models: createModels({ providers: [], clock: systemClock }),
  tools: createTools(builtinTools({ environment: process.env })),
  profiles: resolveProfiles(config),
  limits: { requestsPerProvider: TELLERS.length },
  recover: 'all',
});

/** The key gives the same session to the second process. */
function open({ name, change }: Player): Promise<SessionHandle> {
  return host.create({ folder, name, key: name, change: { ...change, model: 'offline/practice' } });
}

async function start(player: Player): Promise<SessionHandle> {
  const session = await open(player);
  void report(player.name, session);
  await session.send(player.prompt);
  return session;
}

async function report(name: string, session: SessionHandle): Promise<void> {
  for await (const item of session.follow()) process.stdout.write(`${JSON.stringify({ name, item })}\n`);
}

async function until(session: SessionHandle, isIt: (item: ViewItem) => boolean, times = 1): Promise<void> {
  let seen = 0;
  for await (const item of session.follow()) if (isIt(item) && ++seen === times) return;
}

async function appeared(file: string): Promise<void> {
  const changes = watch(folder);
  if (existsSync(join(folder, file))) return;
  for await (const { filename } of changes) if (filename === file) return;
}

async function work(): Promise<void> {
  const { runner, mender, lead, spender } = PLAYERS;
  const [running, mending, leading, spending] = await Promise.all([
    start(runner),
    start(mender),
    start(lead),
    start(spender),
  ]);
  await Promise.all([
    appeared(PID_FILE)
      .then(() => running.cancel('the demo has seen enough'))
      .then(() => until(running, ({ type }) => type === 'turn.finished')),
    until(mending, ({ type }) => type === 'approval.requested'),
    until(leading, (item) => item.type === 'child.changed' && item.data.waiting, 2),
    until(spending, ({ type }) => type === 'turn.finished'),
  ]);
  const telling = await Promise.all(TELLERS.map(start));
  await Promise.all(telling.map((session) => session.settled()));
}

async function goOn(): Promise<void> {
  const telling = await Promise.all(TELLERS.map(open));
  await Promise.all(telling.map((session) => session.settled()));
}

await (again === 'again' ? goOn() : work());
