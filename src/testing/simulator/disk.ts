// What outlives a host: the data of a memory store, and an account of everything that was written into it, which the oracle reads. What
// is here is synced; what a host has handed over and is not here yet dies with it.
import type { SessionEvent } from '../../protocol/index.ts';
import { memoryData, type AppendGroup, type AppendResult } from '../../store/index.ts';
import type { Findings } from './findings.ts';
import { Journal } from './journal.ts';

export interface DiskOptions {
  readonly findings: Findings;
  readonly now: () => number;
  /** Inputs that may wait in one session. */
  readonly queuedInputs: number;
}

/** What a disk does with a write: carries it out, refuses it, or carries it out and loses the answer. */
export type Fate = 'written' | 'refused' | 'unanswered';

export class Disk {
  readonly data = memoryData();
  readonly journals = new Map<string, Journal>();
  /** Until then, virtual ms: writes, or writes and reads, are refused; everything takes long. */
  readonly refusesUntil = { write: 0, read: 0 };
  slowUntilMs = 0;
  /** As many writes from now on take effect without an answer. */
  loses = 0;
  /** When anything was last wrong. */
  troubleEndMs = -Infinity;
  /** Calls that arrived. */
  calls = 0;
  /** Called at the next write, once: before it takes effect, or between that and its answer. */
  strike: { readonly when: 'before' | 'after'; readonly hit: () => void } | undefined;
  readonly #options: DiskOptions;
  readonly #fences = new Map<string, { readonly fence: number; readonly holder: string }>();
  readonly #causes = new Map<string, number>();
  /** Of each session, when its last write takes effect: writes of one session keep their order. */
  readonly #lanes = new Map<string, number>();

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  journal(session: string): Journal {
    return this.journals.get(session) ?? new Journal();
  }

  /** The host that claimed it last. */
  holder(session: string): string | undefined {
    return this.#fences.get(session)?.holder;
  }

  /** When a write of this session takes effect that would like to do so then. */
  lane(session: string, atMs: number): number {
    const inOrder = Math.max(atMs, (this.#lanes.get(session) ?? -1) + 1);
    this.#lanes.set(session, inOrder);
    return inOrder;
  }

  fate(kind: 'write' | 'read'): Fate {
    if (this.#options.now() < this.refusesUntil[kind]) return 'refused';
    if (kind === 'read' || this.loses === 0) return 'written';
    this.loses--;
    this.trouble(0);
    return 'unanswered';
  }

  /** Something is wrong for so long. */
  trouble(forMs: number): void {
    this.troubleEndMs = Math.max(this.troubleEndMs, this.#options.now() + forMs);
  }

  /** Whether the disk did its best during the last `ms`. */
  wellFor(ms: number): boolean {
    return this.#options.now() - ms > this.troubleEndMs;
  }

  hit(when: 'before' | 'after'): void {
    if (this.strike?.when !== when) return;
    const { hit } = this.strike;
    this.strike = undefined;
    hit();
  }

  claimed(session: string, fence: number, holder: string): void {
    const before = this.#fences.get(session);
    if (before !== undefined && fence <= before.fence)
      this.#options.findings.add('P5', `claim ${String(fence)} of ${session} after ${String(before.fence)}`);
    this.#fences.set(session, { fence, holder });
  }

  /** Nobody holds it any more, if this was the holder. */
  released(session: string, fence: number): void {
    if (this.#fences.get(session)?.fence === fence)
      this.#fences.set(session, { fence: fence + 1, holder: 'nobody' });
  }

  /** What the store says it has written, checked and kept. */
  wrote(groups: readonly AppendGroup[], results: readonly AppendResult[], holder: string): void {
    for (const [index, group] of groups.entries())
      if (results[index]?.kind === 'accepted') this.#accepted(group, holder);
  }

  #accepted({ session, fence, events }: AppendGroup, holder: string): void {
    const { findings } = this.#options;
    const held = this.#fences.get(session) ?? { fence: 1, holder };
    this.#fences.set(session, held);
    if (held.fence !== fence || held.holder !== holder) {
      const place = `${session}, which ${held.holder} holds with ${String(held.fence)}`;
      findings.add('P5', `${holder} wrote with fence ${String(fence)} into ${place}`);
    }
    if (events.length === 0) return;
    const journal = this.journal(session);
    this.journals.set(session, journal);
    for (const event of events) this.#add(session, journal, event);
    this.#carriedOut(session, events);
    if (journal.queued.length > this.#options.queuedInputs)
      findings.add('P8', `${String(journal.queued.length)} inputs wait in ${session}`);
  }

  #add(session: string, journal: Journal, event: SessionEvent): void {
    if (event.seq !== journal.head + 1)
      this.#options.findings.add(
        'P5',
        `event ${String(event.seq)} of ${session} follows ${String(journal.head)}`,
      );
    journal.add(event, this.#options.now());
  }

  /** A command leads to events in one append and in no second one. */
  #carriedOut(session: string, events: readonly SessionEvent[]): void {
    const causes = new Set(events.flatMap(({ cause }) => (cause === undefined ? [] : [cause])));
    for (const cause of causes) {
      const times = (this.#causes.get(cause) ?? 0) + 1;
      this.#causes.set(cause, times);
      if (times > 1)
        this.#options.findings.add('P1', `${cause} was carried out ${String(times)} times in ${session}`);
    }
  }
}
