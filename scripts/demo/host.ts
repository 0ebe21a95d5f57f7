// The process that the demo kills: one host with three sessions at work, opened as an embedding program would open it.
// Arguments: the home, the folder. Every item goes to standard output, one JSON object a line.
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
import { PID_FILE, PLAYERS, type Player } from './cast.ts';

const [home = '', folder = ''] = process.argv.slice(2);
const config = loadConfig({ home: homeAt(home), folder, env: {}, flags: {} });
const host = await openHost({
  store: await openSqliteStore({ home }),
  models: createModels({ providers: [], clock: systemClock }),
  tools: createTools(builtinTools({ environment: process.env })),
  profiles: resolveProfiles(config),
});

async function start({ name, mode, prompts }: Player): Promise<SessionHandle> {
  const session = await host.create({ folder, name, change: { model: 'offline/practice', mode } });
  void report(name, session);
  await session.send(prompts[0] ?? '');
  return session;
}

async function report(name: string, session: SessionHandle): Promise<void> {
  for await (const item of session.follow()) process.stdout.write(`${JSON.stringify({ name, item })}\n`);
}

async function until(session: SessionHandle, isIt: (item: ViewItem) => boolean): Promise<void> {
  for await (const item of session.follow()) if (isIt(item)) return;
}

async function appeared(file: string): Promise<void> {
  const changes = watch(folder);
  if (existsSync(join(folder, file))) return;
  for await (const { filename } of changes) if (filename === file) return;
}

const [reader, runner, mender] = await Promise.all([
  start(PLAYERS.reader),
  start(PLAYERS.runner),
  start(PLAYERS.mender),
]);
const cancelled = appeared(PID_FILE)
  .then(() => runner.cancel('the demo has seen enough'))
  .then(() => until(runner, ({ type }) => type === 'turn.finished'));
const waiting = until(mender, ({ type }) => type === 'approval.requested');
await Promise.all([cancelled, waiting, reader.settled()]);
await reader.send(PLAYERS.reader.prompts[1] ?? '');
