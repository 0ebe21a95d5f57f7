// One hub for each session that is live or watched, and none for any other.
import { Hub } from './hub.ts';

export interface HubsOptions {
  /** Such a session's hub is kept, whether anybody watches it or not. */
  readonly isLive: (session: string) => boolean;
  /** A listener of this session threw. */
  readonly onFault: (session: string, error: unknown) => void;
}

export class Hubs {
  readonly #options: HubsOptions;
  readonly #hubs = new Map<string, Hub>();
  #closed = false;
  /** How often a viewer was too slow and was sent to read on from the store. */
  behind = 0;

  constructor(options: HubsOptions) {
    this.#options = options;
  }

  get viewers(): number {
    let viewers = 0;
    for (const hub of this.#hubs.values()) viewers += hub.viewers;
    return viewers;
  }

  /** Once closed, of a hub whose viewers are closed too. */
  of(session: string): Hub {
    const known = this.#hubs.get(session);
    if (known !== undefined) return known;
    const hub = new Hub({
      onFault: (error) => this.#options.onFault(session, error),
      onBehind: () => void this.behind++,
      onIdle: () => this.drop(session),
    });
    if (this.#closed) hub.close();
    else this.#hubs.set(session, hub);
    return hub;
  }

  /** Forgets it when it is of no use. */
  drop(session: string): void {
    if (this.#options.isLive(session) || this.#hubs.get(session)?.idle !== true) return;
    this.#hubs.delete(session);
  }

  /** There is nothing to watch any more. */
  end(session: string): void {
    this.#hubs.get(session)?.close();
    this.#hubs.delete(session);
  }

  close(): void {
    this.#closed = true;
    for (const hub of this.#hubs.values()) hub.close();
    this.#hubs.clear();
  }
}
