// On a busy machine the host goes first, so that a tool at work costs the sessions beside it idle time and little else. On Linux a
// priority alone does not do that: where the kernel groups what runs by session (`setsid`), as it does by default, the groups
// share the processors first, and priorities count only within one. Every call leads a session of its own, so the priority
// of its group is lowered as well. A kernel or a container that does not group has no such file, or ignores it.
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Clock } from '../../base/index.ts';
import { systemCode } from '../file-error.ts';

/**
 * About a third of the host's weight, where 10 would be a tenth. It is enough for the host to run as soon as it wakes, which is
 * what its sessions notice; and beside others who are busy, a build of someone else, a command still gets on. Windows has no 5.
 */
const NICENESS = process.platform === 'win32' ? constants.priority.PRIORITY_BELOW_NORMAL : 5;
/** The kernel lowers ten groups a second for everybody who is not root, ms. */
const AGAIN_MS = 100;
/** A group that was refused this often stays as it is. */
const TRIES = 50;

/** What is done to the system; throws what the system says. */
export interface Priorities {
  lowerProcess(pid: number): void;
  /** The group of sessions that this process is in. */
  lowerGroup(pid: number): void;
}

const system: Priorities = {
  lowerProcess: (pid) => setPriority(pid, NICENESS),
  lowerGroup(pid) {
    if (process.platform !== 'linux') return;
    writeFileSync(`/proc/${String(pid)}/autogroup`, String(NICENESS), { flag: 'r+' });
  },
};

/** Makes the processes of one call give way to the host. Dispose it when the call has ended. */
export class GivingWay implements Disposable {
  readonly #clock: Clock;
  readonly #priorities: Priorities;
  readonly #lowered = new Set<number>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, priorities: Priorities = system) {
    this.#clock = clock;
    this.#priorities = priorities;
  }

  /** The call's first process, as soon as it is there: what it starts inherits it, and threads it has already would not. */
  process(pid: number): void {
    unlessRefused(() => this.#priorities.lowerProcess(pid));
  }

  /** The group of the session that the first process leads. Goes on trying while `lives` says so. */
  group(pid: number, lives: () => boolean): void {
    this.#persist({ pid, lives, tries: TRIES });
  }

  /** A process that was seen: its session may have been entered since the last look. */
  seen({ pid, session }: { readonly pid: number; readonly session: number }): void {
    if (!this.#lowered.has(session)) this.#lower(session, pid);
  }

  #persist({ pid, lives, tries }: { pid: number; lives: () => boolean; tries: number }): void {
    if (this.#lowered.has(pid) || this.#lower(pid, pid) || tries === 1) return;
    this.#timer = this.#clock.after(AGAIN_MS, () => {
      if (lives()) this.#persist({ pid, lives, tries: tries - 1 });
    });
  }

  /** False when it is to be tried again. */
  #lower(session: number, pid: number): boolean {
    const refusal = unlessRefused(() => this.#priorities.lowerGroup(pid));
    if (refusal === 'EAGAIN') return false;
    this.#lowered.add(session);
    return true;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}

/** The system's code, when it would not: the process is gone, which its exit says, or there are no such priorities here. */
function unlessRefused(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return code;
  }
}
