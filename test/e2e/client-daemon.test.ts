// What a client promises, kept over a real daemon: its sockets, its rules, its restarts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { clientContract, until } from '../../src/client/contract.ts';
import { connectWebSocket, type Client } from '../../src/client/index.ts';
import { connectHome } from '../../src/client/node/index.ts';
import { homeAt, type Home } from '../../src/config/index.ts';
import { openDaemon, ownerToken, type Daemon } from '../../src/daemon/index.ts';
import type { ViewItem } from '../../src/protocol/index.ts';
import { openTestHost, type TestHost } from '../../src/testing/index.ts';
import { Desk, saying } from './cli.ts';

/** Each is a kill and a start of a whole process. */
const ROUNDS = 4;

const makeHome = (): Home => homeAt(mkdtempSync(join(tmpdir(), 'carrel-home-')));
const removeHome = (home: Home): void => rmSync(home.dataFolder, { recursive: true, force: true });

const serve = ({ host }: TestHost, home: Home): Promise<Daemon> =>
  openDaemon({
    host,
    home,
    version: '0.0.0',
    clock: systemClock,
    random: systemRandom,
    onFault: () => undefined,
  });

type Connect = (home: Home, daemon: Daemon) => Promise<Client>;

const overSocket: Connect = (home) => connectHome({ home: home.dataFolder });
const overWebSocket: Connect = (home, { presence }) =>
  connectWebSocket({ url: presence.url, token: ownerToken(home) });

function contract(name: string, connect: Connect): void {
  clientContract(name, async (test) => {
    const home = makeHome();
    const daemon = await serve(test, home);
    const client = await connect(home, daemon);
    return {
      client,
      async dispose() {
        await client.close();
        await daemon[Symbol.asyncDispose]();
        removeHome(home);
      },
    };
  });
}

contract('a daemon, over its local socket', overSocket);
contract('a daemon, over its WebSocket', overWebSocket);

it('goes on where it was when a daemon stops and another begins', async () => {
  await using test = await openTestHost({ answers: [[{ text: ['Hel', 'lo'] }]] });
  const home = makeHome();
  const first = await serve(test, home);
  await using client = await connectHome({ home: home.dataFolder });
  const session = await client.create({ folder: test.folder });
  const seen = until(session.follow(), ({ type }) => type === 'turn.finished');
  await first[Symbol.asyncDispose]();
  const second = await serve(test, home);
  await session.send('hi');
  const seqs = (await seen).filter(({ type }) => type !== 'delta').map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, n) => n + 1));
  await second[Symbol.asyncDispose]();
  removeHome(home);
});

it('shows every event once while its daemon is killed and started again, and sends nothing twice', async () => {
  using desk = new Desk();
  const start = async () => {
    const daemon = desk.start(['daemon', 'run']);
    await saying(daemon.child.stderr, 'serving at');
    return daemon;
  };
  let daemon = await start();
  await using client = await connectHome({ home: desk.home });
  const change = { model: 'offline/practice' };
  const session = await client.create({ folder: desk.folder, change });
  const seen: ViewItem[] = [];
  let finished = 0;
  const read = until(session.follow(), (item) => {
    seen.push(item);
    if (item.type === 'turn.finished') finished++;
    return finished === ROUNDS;
  });
  for (let n = 0; n < ROUNDS; n++) {
    const sent = session.send(`say round ${String(n)}`);
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    daemon = await start();
    await sent;
    await session.settled();
  }
  await read;
  const events = seen.filter((item) => item.type !== 'delta');
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1));
  expect(events.filter(({ type }) => type === 'input.accepted')).toHaveLength(ROUNDS);
  await client.close();
  daemon.child.kill('SIGTERM');
  await daemon.ended;
}, 60_000);
