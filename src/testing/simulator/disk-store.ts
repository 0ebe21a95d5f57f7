// The store of one host on the disk: each call takes its time, in two steps for a write (it takes effect, it is answered), so that the
// host can die before, between and after them, and so that answers of different sessions overtake each other.
import { deferred } from '../../base/index.ts';
import { CarrelError, toErrorInfo } from '../../protocol/index.ts';
import { createMemoryStore, type Store } from '../../store/index.ts';
import type { Dice } from './dice.ts';
import type { Disk } from './disk.ts';
import type { Owner, Schedule } from './schedule.ts';

export interface DiskStoreOptions {
  readonly disk: Disk;
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly owner: Owner;
  /** What the account calls the host. */
  readonly holder: string;
}

/** Each half of a call, ms. Several calls in a row still fit into the 100 ms in which streaming text must be durable. */
const USUAL_MS = 4;
const SLOW_MS = { least: 100, most: 1_500 };

export function diskStore(options: DiskStoreOptions): Store {
  const { disk, schedule, holder } = options;
  const inner = createMemoryStore(disk.data);
  const { read, write } = callsOf(options);
  return {
    append: (groups) =>
      write(`append ${shown(groups)}`, groups[0]?.session ?? '', async () => {
        const results = await inner.append(groups);
        disk.wrote(groups, results, holder);
        return results;
      }),
    claim: (owner, session) =>
      write('claim', session, async () => {
        const claim = await inner.claim(owner, session);
        disk.claimed(session, claim.fence, holder);
        return claim;
      }),
    release: (session, fence) =>
      write('release', session, async () => {
        await inner.release(session, fence);
        disk.released(session, fence);
      }),
    putSummary: (summary) => write('put summary', summary.session, () => inner.putSummary(summary)),
    putBlob: (bytes) => write('put blob', '', () => inner.putBlob(bytes)),
    erase: (owner, session) => write('erase', session, () => inner.erase(owner, session)),
    read: (owner, session, range) => read('read', () => inner.read(owner, session, range)),
    tail: (owner, session) => read('read tail', () => inner.tail(owner, session)),
    check: (owner, session, cursor) => read('check', () => inner.check(owner, session, cursor)),
    heads: (owner, sessions) => read('heads', () => inner.heads(owner, sessions)),
    summary: (owner, session) => read('summary', () => inner.summary(owner, session)),
    list: (query) => read('list', () => inner.list(query)),
    counts: (owner) => read('counts', () => inner.counts(owner)),
    getBlob: (id) => read('get blob', () => inner.getBlob(id)),
    feed: (query) => read('feed', () => inner.feed(query)),
    moved: (owner, after) => read('moved', () => inner.moved(owner, after)),
    consumers: (identity) => read('consumers', () => inner.consumers(identity)),
    keepConsumer: (consumer) => write('keep consumer', '', () => inner.keepConsumer(consumer)),
    ackConsumer: (ack) => write('ack consumer', '', () => inner.ackConsumer(ack)),
    dropConsumer: (...name) => write('drop consumer', '', () => inner.dropConsumer(...name)),
    command: (identity, id, hash) => read(`command ${id}`, () => inner.command(identity, id, hash)),
    due: (query) => read('due', () => inner.due(query)),
    place: () => inner.place(),
    onHeads: (listener) => inner.onHeads(listener),
    health: () =>
      schedule.nowMs < disk.refusesUntil.write
        ? { writable: false, error: toErrorInfo(unavailable()) }
        : { writable: true },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

interface Calls {
  read<T>(what: string, effect: () => Promise<T>): Promise<T>;
  write<T>(what: string, lane: string, effect: () => Promise<T>): Promise<T>;
}

function callsOf({ disk, schedule, dice, owner, holder }: DiskStoreOptions): Calls {
  const takes = (): number =>
    schedule.nowMs < disk.slowUntilMs ? dice.between(SLOW_MS.least, SLOW_MS.most) : dice.between(0, USUAL_MS);
  const later = (delayMs: number, what: string, run: () => void): void => {
    schedule.add({ delayMs, what: `${holder} disk: ${what}`, run, owner });
  };
  return {
    read(what, effect) {
      disk.calls++;
      const answer = deferred<Awaited<ReturnType<typeof effect>>>();
      const give = async (given: ReturnType<typeof effect>): Promise<void> => {
        try {
          answer.resolve(await given);
        } catch (error) {
          answer.reject(error);
        }
      };
      // What is read may be old when it arrives.
      const early = disk.fate('read') === 'written' && dice.chance(0.5) ? effect() : undefined;
      early?.catch(() => undefined);
      later(takes(), what, () => {
        if (disk.fate('read') === 'refused') answer.reject(unavailable());
        else void give(early ?? effect());
      });
      return answer.promise;
    },
    write(what, lane, effect) {
      disk.calls++;
      disk.hit('before');
      const answer = deferred<Awaited<ReturnType<typeof effect>>>();
      const refuse = (error: unknown): void => later(takes(), `${what} refused`, () => answer.reject(error));
      const carryOut = async (): Promise<void> => {
        const fate = disk.fate('write');
        if (fate === 'refused') return refuse(unavailable());
        try {
          const result = await effect();
          if (fate === 'unanswered') return refuse(unavailable());
          later(takes(), `${what} answered`, () => answer.resolve(result));
          disk.hit('after');
        } catch (error) {
          refuse(error);
        }
      };
      const atMs = disk.lane(lane, schedule.nowMs + takes());
      later(atMs - schedule.nowMs, what, () => void carryOut());
      return answer.promise;
    },
  };
}

function shown(groups: Parameters<Store['append']>[0]): string {
  const [first] = groups;
  if (first === undefined) return 'nothing';
  const types = groups.flatMap(({ events, tail }) => [
    ...events.map(({ type }) => type),
    ...(tail === undefined ? [] : ['tail']),
  ]);
  return `${first.session.slice(-4)} after ${String(first.expectedSeq)}: ${types.join(' ')}`;
}

const unavailable = (): CarrelError =>
  new CarrelError('store_unavailable', 'The disk of the simulation refuses for a while.');
