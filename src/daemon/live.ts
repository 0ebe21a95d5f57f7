// Everyone who is connected now, so that whoever loses the right to it can be dropped. Who is known has a place that is bounded; who has not
// said yet who it is has one only until others come: so nobody is kept out by those who say nothing.
import { CarrelError, type DaemonLimits } from '../protocol/index.ts';
import { OWNER_NAME, type Identity } from './identity.ts';

/** What tokens together leave to the owner, of all connections. */
const OWNERS_SHARE = 0.1;
const SOON_MS = 1000;

export interface Guest {
  /** Unknown before it has said who it is. */
  readonly identity: Identity | undefined;
  close(error: CarrelError): void;
}

export class Live {
  readonly #limits: Pick<DaemonLimits, 'connections' | 'strangers'>;
  readonly #known = new Set<Guest>();
  /** Of the local socket, which only the owner reaches, and of all others; oldest first. */
  readonly #strangers = { local: new Set<Guest>(), web: new Set<Guest>() };
  #closed = false;

  constructor(limits: Pick<DaemonLimits, 'connections' | 'strangers'>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#known.size + this.#strangers.local.size + this.#strangers.web.size;
  }

  /** Until disposed. `host_unavailable` when the daemon is stopping; for one that is known `overloaded` when there are too many. */
  add(guest: Guest, from: 'local' | 'web' = 'web'): Disposable {
    if (this.#closed)
      throw new CarrelError('host_unavailable', 'the daemon is stopping: connect again later');
    const strangers = this.#strangers[from];
    if (guest.identity !== undefined) this.#admit(guest, guest.identity);
    else {
      const oldest = strangers.values().next().value;
      if (strangers.size >= this.#limits.strangers) oldest?.close(tooManyStrangers(strangers.size));
      strangers.add(guest);
    }
    return {
      [Symbol.dispose]: () => {
        strangers.delete(guest);
        this.#known.delete(guest);
      },
    };
  }

  /** It has said who it is. `overloaded` when there are too many. */
  know(guest: Guest, identity: Identity): void {
    this.#admit(guest, identity);
    this.#strangers.local.delete(guest);
    this.#strangers.web.delete(guest);
  }

  /** Those whose right to it is gone: `endOf` says why. */
  drop(endOf: (identity: Identity) => string | undefined): void {
    for (const guest of this.#known) {
      const why = guest.identity === undefined ? undefined : endOf(guest.identity);
      if (why !== undefined) guest.close(new CarrelError('unauthorized', why));
    }
  }

  /** All of them, and nobody any more. */
  close(error: CarrelError): void {
    this.#closed = true;
    for (const guest of [...this.#known, ...this.#strangers.local, ...this.#strangers.web])
      guest.close(error);
  }

  #admit(guest: Guest, { name }: Identity): void {
    const { connections } = this.#limits;
    const most = name === OWNER_NAME ? connections : Math.floor(connections * (1 - OWNERS_SHARE));
    if (this.#known.size >= most) throw tooMany(most);
    this.#known.add(guest);
  }
}

function tooMany(limit: number): CarrelError {
  const message = `${String(limit)} connections are open (limits.connections): close one that is not needed`;
  return new CarrelError('overloaded', message, { data: { limit, retryAfterMs: SOON_MS } });
}

function tooManyStrangers(limit: number): CarrelError {
  const message = `${String(limit)} others came after you, and you have not said who you are: connect again`;
  return new CarrelError('overloaded', message, { data: { limit, retryAfterMs: SOON_MS } });
}
