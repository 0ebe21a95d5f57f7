import type { ConsumerPage, ConsumerRow, Link, ParamsOf, SessionEvent } from '../protocol/index.ts';

/** Events of one page, when nobody says. */
const PAGE = 100;
/** How long one call waits for something, ms. */
const WAIT_MS = 5_000;

export interface ConsumeOptions {
  /** Events of one page; default 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A place in the feed of all events that the host keeps under a name. It holds nothing but the name. */
export class ClientConsumer {
  readonly name: string;
  readonly #link: Link;

  constructor(name: string, link: Link) {
    this.name = name;
    this.#link = link;
  }

  /** Makes it, or takes the one that is there with the same filter, wherever that stands. `from` is where a new one begins; default `now`. */
  create(options: Omit<ParamsOf<'consumer/create'>, 'name'> = {}): Promise<ConsumerRow> {
    return this.#link.call('consumer/create', { name: this.name, ...options });
  }

  /** A page behind what is acknowledged, or behind `after`. */
  read(options: Partial<Omit<ParamsOf<'consumer/read'>, 'name'>> = {}): Promise<ConsumerPage> {
    return this.#link.call('consumer/read', { limit: PAGE, ...options, name: this.name });
  }

  /** Everything up to this place is done, and not given again. */
  ack(place: number): Promise<ConsumerRow> {
    return this.#link.call('consumer/ack', { name: this.name, place });
  }

  /** Whether there was one. */
  async delete(): Promise<boolean> {
    return (await this.#link.call('consumer/delete', { name: this.name })).deleted;
  }

  /**
   * Hands each event to `work`, one after the other, and acknowledges a page when all of it is done; until the signal aborts, or `work`
   * or a call fails. What was not acknowledged then is given again: `work` must bear to see an event twice.
   */
  async each(
    work: (event: SessionEvent, place: number) => unknown,
    { limit = PAGE, signal }: ConsumeOptions = {},
  ): Promise<void> {
    const options = signal === undefined ? {} : { signal };
    let { place: acked } = await this.#place(options);
    for (;;) {
      if (isOver(signal)) return;
      const params = { name: this.name, limit, waitMs: WAIT_MS };
      const { events, place } = await this.#link.call('consumer/read', params, options);
      for (const { event, place: at } of events) {
        if (isOver(signal)) return;
        await work(event, at);
      }
      if (place > acked) ({ place: acked } = await this.ack(place));
    }
  }

  async #place(options: { readonly signal?: AbortSignal }): Promise<{ readonly place: number }> {
    const rows = await this.#link.call('consumer/list', {}, options);
    return rows.find(({ name }) => name === this.name) ?? { place: 0 };
  }
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
