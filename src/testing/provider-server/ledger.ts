// What was sent and when, written down as it is sent: the truth that a crash test compares what was kept with.
import { closeSync, openSync, writeSync } from 'node:fs';
import { deferred, type Deferred } from '../../base/index.ts';

export type LedgerKind =
  | 'request'
  | 'refused'
  | 'open'
  | 'text'
  | 'reasoning'
  | 'call'
  | 'ping'
  | 'garbage'
  | 'finish'
  | 'error'
  | 'ended';

export interface LedgerEntry {
  /** The request's number; 0 for `refused`. */
  readonly request: number;
  /** What the chunk carries. `open` is everything that only frames parts. */
  readonly kind: LedgerKind;
  /** The delta, or for `request`, `refused`, `error` and `ended` what it was. */
  readonly text: string;
  /** UTF-16 units of answer text sent for this request so far, this chunk included. */
  readonly textLength: number;
  /** Wall clock, and the system's monotonic clock, which all processes of a machine share; both in ms, with a fraction. */
  readonly at: number;
  readonly monotonicAt: number;
}

interface Waiter {
  readonly matches: (entry: LedgerEntry) => boolean;
  readonly found: Deferred<LedgerEntry>;
}

/** Appends only. With a file, each entry is a JSON line in it before `add` returns, until the ledger is disposed. */
export class Ledger implements Disposable {
  readonly entries: LedgerEntry[] = [];
  #file: number | undefined;
  readonly #textLengths = new Map<number, number>();
  #waiters: Waiter[] = [];

  constructor(file: string | undefined) {
    this.#file = file === undefined ? undefined : openSync(file, 'a');
  }

  add(entry: Pick<LedgerEntry, 'request' | 'kind' | 'text'>): void {
    const textLength = this.#grow(entry);
    const at = performance.timeOrigin + performance.now();
    const stamped = { ...entry, textLength, at, monotonicAt: Number(process.hrtime.bigint()) / 1e6 };
    this.entries.push(stamped);
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(stamped)}\n`);
    if (this.#waiters.length > 0) this.#wake(stamped);
  }

  /** The first entry, past or to come, that matches. Waits forever where none does: the test's deadline is the bound. */
  until(matches: (entry: LedgerEntry) => boolean): Promise<LedgerEntry> {
    const known = this.entries.find(matches);
    if (known !== undefined) return Promise.resolve(known);
    const found = deferred<LedgerEntry>();
    this.#waiters.push({ matches, found });
    return found.promise;
  }

  /** The answer text sent for a request so far. */
  text(request: number): string {
    return this.entries
      .filter((entry) => entry.request === request && entry.kind === 'text')
      .map((entry) => entry.text)
      .join('');
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #grow({ request, kind, text }: Pick<LedgerEntry, 'request' | 'kind' | 'text'>): number {
    const length = (this.#textLengths.get(request) ?? 0) + (kind === 'text' ? text.length : 0);
    this.#textLengths.set(request, length);
    return length;
  }

  #wake(entry: LedgerEntry): void {
    const [done, waiting] = [[] as Waiter[], [] as Waiter[]];
    for (const waiter of this.#waiters) (waiter.matches(entry) ? done : waiting).push(waiter);
    this.#waiters = waiting;
    for (const waiter of done) waiter.found.resolve(entry);
  }
}
