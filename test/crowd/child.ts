// The host of the crowd, in a process that may be killed at any moment. It writes down, one JSON object a line, what was
// acknowledged to it. Started again it goes on where it was. When every turn of every session has ended it closes its host, says what is left in
// the process, and ends by itself. Run as `node child.ts PLACE`.
import { appendFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { HostReport, SessionHandle } from '../../src/host/index.ts';
import { codeOf, type SessionEvent } from '../../src/protocol/index.ts';
import { openCrowd, type CrowdPlace } from './host.ts';
import { inputOf, isCancelled, isCareful, isDenied, TURNS, type Place } from './script.ts';

export type CrowdSaid =
  | { readonly session: string; readonly command: string; readonly seq: number }
  | { readonly report: HostReport; readonly left: Left; readonly before: Left };

/** What a process holds. */
interface Left {
  readonly descriptors: number;
  readonly listeners: number;
  readonly resources: Readonly<Record<string, number>>;
}

function say(what: CrowdSaid): void {
  appendFileSync(place.said, `${JSON.stringify(what)}\n`);
}

function left(): Left {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return { descriptors: descriptors(), listeners, resources };
}

/** Open files and pipes: connections that wait for their next request are the platform's. 0 where they cannot be seen. */
function descriptors(): number {
  if (process.platform !== 'linux') return 0;
  const links = readdirSync('/proc/self/fd').map(linkOf);
  return links.filter((link) => !link.startsWith('socket:')).length;
}

/** Of a descriptor that may be closed already: reading the folder opens one. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return 'socket: gone';
  }
}

/** Somebody else was first, or it is over already. */
async function unlessOver(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (codeOf(error) !== 'conflict') throw error;
  }
}

async function takeTurn(session: SessionHandle, place: Place): Promise<void> {
  const text = inputOf(place);
  const id = `cmd_s${String(place.session)}t${String(place.turn)}`;
  const { seq } = await session.send(text, { id });
  say({ session: session.id, command: id, seq });
  let turn: string | undefined;
  let ended = false;
  while (!ended) {
    for await (const item of session.run(text, { id })) {
      if (item.type === 'turn.started') turn = item.turn;
      ended = item.type === 'turn.finished';
      if (item.type === 'approval.requested') await answer(session, place, item);
      else if (isCancelled(place) && turn !== undefined) await unlessOver(session.cancel('enough', turn));
    }
  }
}

async function answer(session: SessionHandle, place: Place, { call }: SessionEvent): Promise<void> {
  await unlessOver(isDenied(place) ? session.deny(call, 'not now') : session.approve(call));
}

const place = JSON.parse(process.argv[2] ?? '{}') as CrowdPlace;
const before = left();
const { host } = await openCrowd(place);
await Promise.all(
  Array.from({ length: place.sessions }, async (_, n) => {
    const profile = isCareful({ session: n }) ? 'careful' : 'default';
    const session = await host.create({ folder: place.folder, profile, key: `session ${String(n)}` });
    for (let turn = 1; turn <= TURNS; turn++) await takeTurn(session, { session: n, turn });
  }),
);
const report = host.inspect();
await host.close();
say({ report, left: left(), before });
