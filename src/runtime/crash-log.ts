// How often each session crashed lately, and what of it is still to be written into its journal.
import { toErrorInfo, type ErrorInfo } from '../protocol/index.ts';
import type { EffectCommand } from '../session/index.ts';

/** Restarts of one session in this time before it is `failed`. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
/** Before the first restart, ms; doubled for each further one in the window. */
const RESTART_DELAY_MS = 50;

interface Crashes {
  readonly at: readonly number[];
  readonly unwritten?: ErrorInfo;
}

export class CrashLog {
  readonly #sessions = new Map<string, Crashes>();
  total = 0;

  /** Gives the wait before the restart, ms. `now` is monotonic. */
  add(session: string, error: unknown, now: number): number {
    this.total++;
    const at = [...(this.#sessions.get(session)?.at ?? []), now].filter((t) => t > now - RESTART_WINDOW_MS);
    this.#sessions.set(session, { at, unwritten: toErrorInfo(error) });
    return RESTART_DELAY_MS * 2 ** (at.length - 1);
  }

  /** What must be written before anything else: the crash, or that there were too many. */
  unwritten(
    session: string,
  ): Extract<EffectCommand, { error: ErrorInfo; type: `session/${string}` }> | undefined {
    const crashes = this.#sessions.get(session);
    if (crashes?.unwritten === undefined) return undefined;
    const type = crashes.at.length > MAX_RESTARTS ? 'session/fail' : 'session/crash';
    return { type, error: crashes.unwritten };
  }

  /** Once it has failed its crashes count no more: a revival begins with as many restarts as anyone has. */
  written(session: string): void {
    const crashes = this.#sessions.get(session);
    if (crashes === undefined) return;
    if (crashes.at.length > MAX_RESTARTS) this.#sessions.delete(session);
    else this.#sessions.set(session, { at: crashes.at });
  }

  /** Forgets sessions whose crashes do not count any more. */
  prune(now: number): void {
    for (const [session, { at, unwritten }] of this.#sessions)
      if (unwritten === undefined && at.every((t) => t <= now - RESTART_WINDOW_MS))
        this.#sessions.delete(session);
  }
}
