import type { Link } from '../protocol/index.ts';
import { unavailable, type Destination, type Wire, type WireEvents } from './remote/wire.ts';
import { Served, type Request, type Rules } from './serve.fixture.ts';

/** Wires in memory to a link. Each message arrives a little later, in order, unless its wire is gone by then. */
export class Net implements Destination {
  readonly address = 'memory';
  /** Wires so far. */
  readonly served: Served[] = [];
  /** Nobody gets a wire while it is set. */
  down = false;
  /** Messages are lost while it is set, and the wire stays open. */
  mute = false;
  /** After how many more messages, whichever way they go, the wire breaks in the next one; then the same for the number after it. */
  breaks: number[] = [];
  readonly #link: Link;
  readonly #rules: Rules;
  readonly #live = new Set<() => void>();

  constructor(link: Link, rules: Rules = {}) {
    this.#link = link;
    this.#rules = rules;
  }

  readonly open = async (events: WireEvents): Promise<Wire> => {
    await Promise.resolve();
    if (this.down) throw unavailable(this.address, 'it is down');
    let isOpen = true;
    const carry = (arrive: () => void): void => {
      setTimeout(() => {
        if (isOpen && this.#isBroken()) close();
        if (isOpen && !this.mute) arrive();
      });
    };
    const served = new Served(this.#link, (text) => carry(() => events.onText(text)), this.#rules);
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#live.delete(close);
      served.close();
      events.onClose('the wire broke');
    };
    this.#live.add(close);
    this.served.push(served);
    return { send: (text) => carry(() => served.receive(text)), close };
  };

  /** The parameters of all requests of a method, over every wire. */
  asked(method: string): Request['params'][] {
    const requests = this.served.flatMap((served) => served.requests);
    return requests.filter((request) => request.method === method).map(({ params }) => params);
  }

  /** Every wire breaks. */
  drop(): void {
    for (const close of this.#live) close();
  }

  #isBroken(): boolean {
    const [left] = this.breaks;
    if (left === undefined) return false;
    if (left > 0) this.breaks[0] = left - 1;
    else this.breaks.shift();
    return left === 0;
  }
}
