// Commands that wait to be decided, in the order they came.
import { CarrelError } from '../protocol/index.ts';
import { isClients, type Mail } from './mail.ts';

/** Commands of clients that may wait in one mailbox; results of effects are bounded by the effects. */
const CAPACITY = 256;
/** As many more may be a cancel, so that no flood of other commands keeps one out. */
const RESERVE = 16;
const RETRY_AFTER_MS = 1_000;

export class Mailbox {
  #mails: Mail[] = [];

  get length(): number {
    return this.#mails.length;
  }

  /** UTF-16 units of text that wait. */
  get size(): number {
    return this.#mails.reduce((sum, { command }) => sum + ('text' in command ? command.text.length : 0), 0);
  }

  get mails(): readonly Mail[] {
    return this.#mails;
  }

  /** Takes it, or gives the refusal of one too many. */
  add(mail: Mail): CarrelError | undefined {
    const capacity = mail.command.type === 'turn/cancel' ? CAPACITY + RESERVE : CAPACITY;
    if (isClients(mail) && this.#mails.length >= capacity) return full(capacity);
    this.#mails.push(mail);
    return undefined;
  }

  takeAll(): readonly Mail[] {
    const mails = this.#mails;
    this.#mails = [];
    return mails;
  }

  /** They came before those that wait now. */
  putBack(mails: readonly Mail[]): void {
    this.#mails = [...mails, ...this.#mails];
  }
}

function full(capacity: number): CarrelError {
  return new CarrelError(
    'overloaded',
    `${String(capacity)} commands wait for the session already: ask again in ${String(RETRY_AFTER_MS)} ms.`,
    { data: { level: 'session', capacity, retryAfterMs: RETRY_AFTER_MS } },
  );
}
