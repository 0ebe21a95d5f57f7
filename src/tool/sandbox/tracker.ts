// No process outlives its call, its turn's cancel, or the host. A process group is not enough for that: a command may leave
// it with `setsid` or by forking twice. So every process of a call carries a mark (`mark.ts`), and the table of processes
// is searched for it (`kin.ts`): here when a call ends, by the watcher when the host dies.
import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../base/index.ts';
import { CarrelError } from '../../protocol/index.ts';
import { GivingWay } from './giving-way.ts';
import { Kin } from './kin.ts';
import { readLinuxProcesses, readProcess } from './linux-processes.ts';
import { callMark, newHostMark } from './mark.ts';
import { sharedReading, type ProcessRow, type ProcessSnapshot } from './process-table.ts';
import { readProcessesByPs } from './ps-processes.ts';
import { reap, type Reaped } from './reap.ts';
import { Watcher } from './watcher.ts';
import { endWindowsTree } from './windows-tree.ts';

/** Pauses between looks at a running call, ms: most processes that detach do so at once. */
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 2000;
/** Looks in a row while processes come and go, before what the last one showed is believed. */
const MAX_LOOKS = 8;
/** Processes the watcher is told of at most. It finds by itself those that carry the mark. */
const MAX_TOLD = 2000;

/** The processes of one call. Dispose it when the call has ended. */
export interface TrackedCall extends Disposable {
  /** Its first process. */
  readonly child: ChildProcess;
  /** From here on its processes together come behind the host. Each has a lower priority from the start. */
  giveWay(): void;
  /** Ends every process of the call. `found` counts those that were still there. Never rejects. */
  end(): Promise<Reaped>;
  /** The same for all but the first process. Windows does not tell them apart: there they end with the first. */
  endOthers(): Promise<Reaped>;
}

/** `always`: again and again while the call lasts, which finds who will leave it. `at-end`: when it is to end. */
export type Looks = 'always' | 'at-end';

interface Tracked {
  readonly kin: Kin;
  readonly since: number;
  readonly givingWay: GivingWay;
  alive: readonly ProcessRow[];
}

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly mark: string;
  readonly watching: Disposable;
  readonly looks: Looks;
}

/** Knows the processes that one host started, by call. */
export class Tracker {
  readonly #hostMark = newHostMark();
  readonly #watcher = new Watcher(this.#hostMark);
  readonly #calls = new Set<Tracked>();
  readonly #read = sharedReading(() => this.#readProcesses());
  readonly #clock: Clock;
  #number = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get watcherPid(): number | undefined {
    return this.#watcher.pid;
  }

  /**
   * Starts a call's first process. `start` gives it the mark and makes it lead a session; when it is called, the watcher is
   * there already. Refuses with `tool_failed` when nothing was started, and then keeps nothing.
   */
  track(start: (mark: string) => ChildProcess, looks: Looks = 'always'): TrackedCall {
    const watching = this.#watcher.hold();
    try {
      const mark = callMark(this.#hostMark, ++this.#number);
      const child = start(mark);
      return this.#keep({ child, pid: pidOf(child), mark, watching, looks });
    } catch (error) {
      watching[Symbol.dispose]();
      throw error;
    }
  }

  #keep({ child, pid, mark, watching, looks }: Started): TrackedCall {
    const root = { pid, start: startOf(pid) };
    const givingWay = new GivingWay(this.#clock);
    givingWay.process(pid);
    const call: Tracked = { kin: new Kin(mark, root), since: root.start ?? 0, givingWay, alive: [] };
    this.#calls.add(call);
    const looking = looks === 'always' ? this.#keepLooking(call) : undefined;
    return {
      child,
      giveWay: () => givingWay.group(pid, () => child.exitCode === null && child.signalCode === null),
      end: () =>
        process.platform === 'win32' ? endWindowsTree(pid) : reap(() => this.#look(call), this.#clock),
      endOthers: () =>
        process.platform === 'win32'
          ? Promise.resolve({ found: 0, confirmed: true })
          : reap(async () => (await this.#look(call)).filter((row) => row.pid !== pid), this.#clock),
      [Symbol.dispose]: () => {
        looking?.[Symbol.dispose]();
        givingWay[Symbol.dispose]();
        this.#forget(call);
        watching[Symbol.dispose]();
      },
    };
  }

  /** Looks at growing intervals, so that those who will leave are known before they go. */
  #keepLooking(call: Tracked): Disposable {
    let timer: Disposable | undefined;
    const after = (pauseMs: number): void => {
      timer = this.#clock.after(pauseMs, () => {
        const again = (): void => {
          if (this.#calls.has(call)) after(Math.min(LAST_LOOK_MS, pauseMs * 2));
        };
        // A look that fails says nothing; the one at the end must succeed.
        this.#look(call).then(again, again);
      });
    };
    if (process.platform !== 'win32') after(FIRST_LOOK_MS);
    return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
  }

  async #look(call: Tracked): Promise<readonly ProcessRow[]> {
    for (let look = 1; ; look++) {
      const { rows, settled } = await this.#read();
      call.alive = call.kin.update(outsideOwnSession(rows));
      if (call.alive.length > 0 || settled || look === MAX_LOOKS) break;
    }
    for (const row of call.alive) call.givingWay.seen(row);
    this.#tell();
    return call.alive;
  }

  #readProcesses(): Promise<ProcessSnapshot> {
    const since = Math.min(...[...this.#calls].map((call) => call.since));
    return process.platform === 'linux' ? readLinuxProcesses(since) : readProcessesByPs();
  }

  #forget(call: Tracked): void {
    this.#calls.delete(call);
    this.#tell();
  }

  #tell(): void {
    const alive = [...this.#calls].flatMap((call) => call.alive).slice(0, MAX_TOLD);
    this.#watcher.tell(alive.map(({ pid, start }) => ` ${pid}:${start} `).join(''));
  }
}

/** Undefined where it cannot be told: then the process is known by its pid, and marks are read of everyone. */
function startOf(pid: number): number | undefined {
  try {
    return process.platform === 'linux' ? readProcess(pid)?.start : undefined;
  } catch {
    return undefined;
  }
}

function pidOf(child: ChildProcess): number {
  // Emitted again as an error of a process that is not there; the missing pid has said so already.
  child.on('error', () => undefined);
  if (child.pid !== undefined) return child.pid;
  throw new CarrelError(
    'tool_failed',
    'the command cannot be started: look whether its folder still exists and whether it is shorter than 128 KiB',
  );
}

/** Every call has sessions of its own, so whoever shares ours is no process of a call, whatever it looks like. */
function outsideOwnSession(rows: readonly ProcessRow[]): readonly ProcessRow[] {
  const own = rows.find((row) => row.pid === process.pid)?.session;
  return rows.filter((row) => row.session !== own);
}
