// Finds the other side of a connection that is gone without a word. Every way in has the same beat.
import type { Clock } from '../base/index.ts';

export const BEAT_MS = 15_000;
/** Beats in a row without a sign of life. Whoever went right behind a sign is found at the third beat from there: in 45 s. */
const MOST_MISSED = 2;

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Asks for a sign of life. */
  readonly beat: () => void;
  /** There is nobody any more. Called once; then it beats no more. */
  readonly onSilent: () => void;
}

export interface Heartbeat extends Disposable {
  /** The other side gave a sign. */
  heard(): void;
}

/** Beats until disposed. */
export function startHeartbeat({ clock, beat, onSilent }: HeartbeatOptions): Heartbeat {
  let missed = 0;
  let heard = true;
  const look = (): void => {
    missed = heard ? 0 : missed + 1;
    heard = false;
    if (missed >= MOST_MISSED) return onSilent();
    timer = clock.after(BEAT_MS, look);
    beat();
  };
  let timer = clock.after(BEAT_MS, look);
  return {
    heard: () => void (heard = true),
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}
