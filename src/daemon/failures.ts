// Refusals, for the audit log. Each is a line of its own, unless they come in a flood: that would wash away what the log is for, so what is
// above a slow trickle is counted and written as one line for each kind.
import type { Clock } from '../base/index.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { Bucket } from './bucket.ts';

/** Lines at once; a person who tries to get in needs far fewer. */
const AT_ONCE = 100;
/** And one more each so often, ms: under a flood the log grows by some 2 MB a day. */
const EACH_MS = 10_000;
/** Kinds that are counted apart. Names of tokens and methods are few; what is more is counted together. */
const MAX_KINDS = 256;

export interface FailuresOptions {
  readonly audit: Audit;
  readonly clock: Clock;
  /** The log could not be written. Whoever was refused stays so. */
  readonly onFault: (what: string, error: unknown) => void;
}

export class Failures {
  readonly #options: FailuresOptions;
  readonly #lines: Bucket;
  readonly #counted = new Map<string, AuditEntry & { times: number }>();
  readonly #writing = new Set<Promise<void>>();
  #flush: Disposable | undefined;

  constructor(options: FailuresOptions) {
    this.#options = options;
    this.#lines = new Bucket({ most: AT_ONCE, eachMs: EACH_MS, clock: options.clock });
  }

  /** Resolves when it is written or counted; never rejects. */
  async note(entry: AuditEntry): Promise<void> {
    if (this.#lines.take() === 0) await this.#write(entry);
    else this.#count(entry);
  }

  /** Writes what was counted, and waits for what is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush?.[Symbol.dispose]();
    await Promise.all([this.#writeCounted(), ...this.#writing]);
  }

  #count(entry: AuditEntry): void {
    const whole = JSON.stringify([entry.who, entry.what, entry.result]);
    const kind = this.#counted.has(whole) || this.#counted.size < MAX_KINDS ? whole : '';
    const before = this.#counted.get(kind) ?? {
      ...(kind === '' ? { ...entry, who: 'several', what: 'several' } : entry),
      times: 0,
    };
    this.#counted.set(kind, { ...before, times: before.times + 1 });
    this.#flush ??= this.#options.clock.after(EACH_MS, () => void this.#writeCounted());
  }

  async #writeCounted(): Promise<void> {
    this.#flush = undefined;
    const counted = [...this.#counted.values()];
    this.#counted.clear();
    await Promise.all(counted.map((entry) => this.#write(entry)));
  }

  #write(entry: AuditEntry): Promise<void> {
    const { audit, onFault } = this.#options;
    const written = audit.write(entry).catch((error: unknown) => onFault('the audit log', error));
    this.#writing.add(written);
    return written.finally(() => this.#writing.delete(written));
  }
}
