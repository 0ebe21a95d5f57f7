// What the daemon takes beside CPU: memory, disk, and the way there and back.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { residentBytes } from '../daemon/proc.ts';
import { serve } from '../daemon/serving.ts';
import { create, lineSocket, openDesk, talk, turn } from '../daemon/talk.ts';
import { diskBytes, median, scratch, streamServer, times, wallMs, type Row } from '../measure.ts';

const LOADED = 1_100;
const PINGS = 2_000;
const DELTAS = 200;
const STREAMS = 64;
const TURNS = 8;
const DISK_TURNS = 100;
const MIB = 1024 * 1024;

export async function costRows(program: string): Promise<readonly Row[]> {
  return [...(await memory(program)), await disk(program), await pings(program)];
}

async function memory(program: string): Promise<readonly Row[]> {
  using home = scratch();
  await using server = await streamServer(DELTAS, 0);
  await using serving = await serve({ program, home: home.path, url: server.url });
  const idle = residentBytes(serving.pid) / MIB;
  const client = await serving.connect();
  await create(client, home.path, LOADED - STREAMS);
  const desks = await Promise.all(Array.from({ length: STREAMS }, () => openDesk(serving, home.path)));
  await talk(desks, TURNS);
  const loaded = residentBytes(serving.pid) / MIB;
  for (const desk of desks) await desk[Symbol.asyncDispose]();
  const load = `${LOADED.toLocaleString('en')} sessions and ${String(STREAMS * TURNS)} turns with a viewer`;
  return [
    { name: 'the daemon: resident memory, idle', value: idle, unit: 'MiB', limit: 75 },
    { name: `the daemon: resident memory after ${load}`, value: loaded, unit: 'MiB', limit: 160 },
  ];
}

async function disk(program: string): Promise<Row> {
  using home = scratch();
  await using server = await streamServer(DELTAS, 0);
  const run = async (turns: number, session?: string): Promise<{ bytes: number; session: string }> => {
    await using serving = await serve({ program, home: home.path, url: server.url });
    await using desk = await openDesk(serving, home.path, session);
    for (let n = 0; n < turns; n++) await turn(desk);
    await serving.stop();
    return { bytes: diskBytes(home.path), session: desk.session.id };
  };
  const one = await run(1);
  const more = await run(DISK_TURNS, one.session);
  return {
    name: `through the daemon: disk for a turn of ${String(DELTAS)} deltas (1.2 KB)`,
    value: (more.bytes - one.bytes) / DISK_TURNS / 1024,
    unit: 'KB',
    limit: 4,
  };
}

async function pings(program: string): Promise<Row> {
  using home = scratch();
  await using serving = await serve({ program, home: home.path });
  const echo = createServer((socket) => void socket.pipe(socket));
  const path = join(home.path, 'echo.sock');
  echo.listen(path);
  await once(echo, 'listening');
  const trips = async (at: string, opening?: string): Promise<number> => {
    using socket = await lineSocket(at);
    if (opening !== undefined) await socket.ask(opening);
    const line = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'connection/ping', params: {} });
    await times(PINGS / 10, () => wallMs(() => socket.ask(line)));
    return median(await times(PINGS, () => wallMs(() => socket.ask(line))));
  };
  const open = { jsonrpc: '2.0', id: 1, method: 'connection/open', params: { protocol: 1 } };
  const value = await trips(serving.socket, JSON.stringify(open));
  const floor = await trips(path);
  echo.close();
  return {
    name: 'through the daemon: connection/ping over the local socket',
    value: value * 1000,
    unit: 'µs',
    floor: { name: 'an echo of the line over a local socket', value: floor * 1000 },
  };
}
