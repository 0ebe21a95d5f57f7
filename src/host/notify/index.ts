// Every receiver with its own place in the feed: one that is slow or dead holds up no other.
import type { Scope } from '../../runtime/index.ts';
import { Notifier } from './notifier.ts';
import type { Receiver, ReceiverReport } from './port.ts';

export class Notifications {
  readonly #notifiers: readonly Notifier[];
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(scope: Scope, receivers: readonly Receiver[]) {
    this.#notifiers = receivers.map((receiver) => new Notifier(scope, receiver, this.#stop.signal));
    this.#running = Promise.all(this.#notifiers.map((notifier) => notifier.run()));
  }

  get report(): readonly ReceiverReport[] {
    return this.#notifiers.map(({ report }) => report);
  }

  /** What is on its way is given up, and sent again by the next host. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the host is closed'));
    await this.#running;
  }
}
