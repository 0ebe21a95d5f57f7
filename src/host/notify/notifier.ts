// One receiver and its place in the feed. It reads what is committed, so nothing ever waits for it; it acknowledges what was delivered or
// given up, so nothing is lost with a process. One notification at a time, in the order of the feed, and so in that of each session.
import { sleep } from '../../base/index.ts';
import { codeOf } from '../../protocol/index.ts';
import { fraction, type Scope } from '../../runtime/index.ts';
import type { FeedPage } from '../../store/index.ts';
import { NOTIFIED, notificationOf } from './notification.ts';
import type { Receiver, ReceiverReport } from './port.ts';

/** Whose consumers these are: no token can be called so. */
export const NOTIFIER = 'notify';
/** The first wait after a failure, doubled up to the longest, ms. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** A notification is given up when its receiver has failed for this long since it happened, ms. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
/** Events read at once. */
const PAGE = 16;
/** Places passed over before that is written down: reading them again after a crash is soon done. */
const UNWRITTEN = 5_000;

export class Notifier {
  readonly #scope: Scope;
  readonly #receiver: Receiver;
  readonly #signal: AbortSignal;
  #place = 0;
  #acked = 0;
  #delivered = 0;
  #failures = 0;
  #inARow = 0;
  #givenUp = 0;
  #failingSince: number | undefined;
  #lastFailure: string | undefined;

  constructor(scope: Scope, receiver: Receiver, signal: AbortSignal) {
    this.#scope = scope;
    this.#receiver = receiver;
    this.#signal = signal;
  }

  get report(): ReceiverReport {
    return {
      name: this.#receiver.name,
      delivered: this.#delivered,
      failures: this.#failures,
      givenUp: this.#givenUp,
      ...(this.#failingSince === undefined ? {} : { failingSince: this.#failingSince }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  /** Until the signal aborts. Never rejects. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#begin();
        for (;;) await this.#page();
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#scope.fault(`notifications for ${this.#receiver.name} could not be read`, error);
        await this.#pause(LONGEST_WAIT_MS / 10);
      }
    }
  }

  /** One that is new is told what happens from now on. */
  async #begin(): Promise<void> {
    const { clock, store } = this.#scope;
    const { name } = this.#receiver;
    const known = (await store.consumers(NOTIFIER)).find((one) => one.name === name);
    const created = { identity: NOTIFIER, name, filter: {}, place: store.place(), createdAt: clock.now() };
    this.#place = (known ?? (await store.keepConsumer(created))).place;
    this.#acked = this.#place;
  }

  async #page(): Promise<void> {
    const { owner, store } = this.#scope;
    this.#signal.throwIfAborted();
    const page = await store.feed({ owner, types: NOTIFIED, after: this.#place, limit: PAGE });
    for (const { place, event } of page.events) await this.#event(place, event);
    this.#place = page.place;
    if (this.#place - this.#acked > UNWRITTEN) await this.#ack(this.#place);
    if (page.place >= page.head) await this.#moved();
  }

  async #event(place: number, event: FeedPage['events'][number]['event']): Promise<void> {
    const { owner, store } = this.#scope;
    const row = await store.summary(owner, event.session);
    const notification = row === undefined ? undefined : notificationOf(event, row, place);
    if (notification === undefined || !this.#receiver.kinds.includes(notification.kind)) return;
    while (!(await this.#try(notification)));
    await this.#ack(place);
  }

  /** Whether that is all for this one: it was delivered, or is given up. */
  async #try(notification: Parameters<Receiver['send']>[0]): Promise<boolean> {
    this.#signal.throwIfAborted();
    if (this.#isHopeless(notification.at)) return this.#giveUp(notification, this.#lastFailure ?? '');
    const came = await this.#send(notification);
    this.#signal.throwIfAborted();
    if (came.ok) {
      this.#delivered++;
      this.#inARow = 0;
      this.#failingSince = undefined;
      return true;
    }
    this.#failures++;
    this.#lastFailure = came.why;
    if (!came.again) return this.#giveUp(notification, came.why);
    this.#failingSince ??= this.#scope.clock.now();
    await this.#pause(Math.max(came.retryAfterMs ?? 0, this.#waitMs()));
    return false;
  }

  async #send(notification: Parameters<Receiver['send']>[0]): ReturnType<Receiver['send']> {
    try {
      return await this.#receiver.send(notification, this.#signal);
    } catch (error) {
      return { ok: false, again: true, why: `it broke (${codeOf(error)})` };
    }
  }

  #isHopeless(at: number): boolean {
    if (this.#failingSince === undefined) return false;
    return this.#scope.clock.now() - Math.max(at, this.#failingSince) >= GIVE_UP_AFTER_MS;
  }

  #giveUp({ id, session }: Parameters<Receiver['send']>[0], why: string): true {
    this.#givenUp++;
    const what = `notification ${id} for ${this.#receiver.name} was given up`;
    this.#scope.fault(what, new Error(why), session);
    return true;
  }

  #waitMs(): number {
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#inARow++);
    return (most * (1 + fraction(this.#scope.random))) / 2;
  }

  async #ack(place: number): Promise<void> {
    const { clock, store } = this.#scope;
    await store.ackConsumer({ identity: NOTIFIER, name: this.#receiver.name, place, at: clock.now() });
    this.#acked = place;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(this.#scope.clock, ms, this.#signal);
  }

  /** Until something is committed. */
  async #moved(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(this.#signal.reason as Error);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    using _heads = this.#scope.store.onHeads(() => resolve());
    // What was committed since the page was read.
    if (this.#scope.store.place() > this.#place) resolve();
    await promise.finally(() => this.#signal.removeEventListener('abort', onAbort));
  }
}
