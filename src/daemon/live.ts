// Everyone who is connected now, so that whoever loses the right to it can be dropped.
import { CarrelError } from '../protocol/index.ts';
import type { Identity } from './identity.ts';

/** Connections and streams at once. Each costs some 20 KiB; a user's terminals, editors and programs are far fewer. */
const MAX_LIVE = 1024;

export interface Guest {
  /** Unknown before it has said who it is. */
  readonly identity: Identity | undefined;
  close(error: CarrelError): void;
}

export class Live {
  readonly #guests = new Set<Guest>();
  #closed = false;

  get size(): number {
    return this.#guests.size;
  }

  /** Until disposed. `overloaded` when there are too many, `host_unavailable` when the daemon is stopping. */
  add(guest: Guest): Disposable {
    if (this.#closed)
      throw new CarrelError('host_unavailable', 'the daemon is stopping: connect again later');
    if (this.#guests.size >= MAX_LIVE) throw tooMany();
    this.#guests.add(guest);
    return { [Symbol.dispose]: () => this.#guests.delete(guest) };
  }

  /** Those whose right to it is gone: `endOf` says why. */
  drop(endOf: (identity: Identity) => string | undefined): void {
    for (const guest of this.#guests) {
      const why = guest.identity === undefined ? undefined : endOf(guest.identity);
      if (why !== undefined) guest.close(new CarrelError('unauthorized', why));
    }
  }

  /** All of them, and nobody any more. */
  close(error: CarrelError): void {
    this.#closed = true;
    for (const guest of this.#guests) guest.close(error);
  }
}

function tooMany(): CarrelError {
  const message = `${String(MAX_LIVE)} connections are open: close one that is not needed`;
  return new CarrelError('overloaded', message, { data: { limit: MAX_LIVE, retryAfterMs: 1000 } });
}
