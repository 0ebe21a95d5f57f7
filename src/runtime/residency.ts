// Who stays in memory. Idle sessions fall asleep when they were not used for long, when they are too large themselves, and, oldest
// first, when there is no room for another or the whole process has grown too large. It is asked, and has no timer of its own.
import { CarrelError } from '../protocol/index.ts';
import type { Scope } from './scope.ts';

const MIB = 1024 * 1024;
/** Of a session's bound: above it there is a warning, while something can still be done. */
const WARN_SHARE = 2 / 3;
/** Of the idle sessions, put to sleep at once when memory is short: what that frees shows only after the next collection. */
const RELIEF_SHARE = 1 / 4;
/** Of the time after which a session falls asleep: so long its messages are kept for the next turn. */
const MESSAGES_SHARE = 1 / 10;

/** Bounds of what is live. */
export interface ResidencyLimits {
  readonly liveSessions: number;
  readonly asleepAfterMs: number;
  readonly memoryMb: number;
  readonly sessionMemoryMb: number;
}

/** A live session. */
export interface Resident {
  readonly id: string;
  /** It can be put to sleep, and nobody will notice. */
  readonly idle: boolean;
  readonly lastUsedAt: number;
  /** Memory it holds, about. */
  readonly bytes: number;
}

export interface ResidencyOptions {
  readonly scope: Scope;
  readonly limits: ResidencyLimits;
  readonly live: () => Iterable<Resident>;
  readonly sleep: (session: string) => Promise<void>;
}

export class Residency {
  readonly #options: ResidencyOptions;
  /** Sessions that there was a warning of, and whether memory as a whole is short: each is told once. */
  readonly #warned = new Set<string>();
  #isShort = false;

  constructor(options: ResidencyOptions) {
    this.#options = options;
  }

  /** Puts to sleep whoever should be. `now` is monotonic. */
  look(now: number): void {
    const { scope, limits, live, sleep } = this.#options;
    for (const resident of live()) {
      const isOver = this.#isTooLarge(resident) || resident.lastUsedAt <= now - limits.asleepAfterMs;
      if (isOver && resident.idle) void sleep(resident.id);
    }
    scope.conversations.dropBefore(now - limits.asleepAfterMs * MESSAGES_SHARE);
    this.#relieve();
  }

  /** Puts the session that was idle longest to sleep, or refuses. */
  async makeRoom(): Promise<void> {
    const { live, limits, sleep } = this.#options;
    let oldest: Resident | undefined;
    for (const resident of live())
      if (resident.lastUsedAt < (oldest?.lastUsedAt ?? Infinity) && resident.idle) oldest = resident;
    if (oldest !== undefined) return sleep(oldest.id);
    throw new CarrelError(
      'limit_reached',
      `${String(limits.liveSessions)} sessions are live and none is idle, more may not be (limits.liveSessions): wait until one is.`,
    );
  }

  #isTooLarge({ id, bytes }: Resident): boolean {
    const { scope, limits } = this.#options;
    const bound = limits.sessionMemoryMb * MIB;
    if (bytes <= bound * WARN_SHARE) this.#warned.delete(id);
    else if (!this.#warned.has(id)) {
      this.#warned.add(id);
      const message = `Session ${id} holds ${inMib(bytes)} MiB of memory; above ${String(limits.sessionMemoryMb)} (limits.sessionMemoryMb) it is put to sleep as soon as it is idle.`;
      scope.fault('a session holds much memory', new CarrelError('limit_reached', message), id);
    }
    return bytes > bound;
  }

  #relieve(): void {
    const { scope, limits, live, sleep } = this.#options;
    const bytes = scope.memoryBytes();
    const wasShort = this.#isShort;
    this.#isShort = bytes > limits.memoryMb * MIB;
    if (!this.#isShort) return;
    const idle = [...live()]
      .filter((resident) => resident.idle)
      .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (!wasShort) {
      const message = `The process has ${inMib(bytes)} MiB, more than ${String(limits.memoryMb)} (limits.memoryMb): ${String(idle.length)} idle sessions are put to sleep, oldest first.`;
      scope.fault('memory is short', new CarrelError('limit_reached', message));
    }
    scope.conversations.clear();
    for (const { id } of idle.slice(0, Math.ceil(idle.length * RELIEF_SHARE))) void sleep(id);
  }
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
