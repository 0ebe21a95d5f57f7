// Which processes belong to a call? Those that carry its mark; those seen before, by pid and start; the
// children of any of them; and whoever shares a session with one, since a session is only ever entered by birth. The
// mark finds a process that detached, the memory one that threw its mark away but was seen before it detached.
import type { ProcessRow } from './process-table.ts';

export interface Root {
  readonly pid: number;
  /** Undefined where only the table of processes tells. */
  readonly start: number | undefined;
}

export class Kin {
  readonly #mark: string;
  readonly #sessions = new Map<number, number | undefined>();
  #members = new Map<number, number | undefined>();

  /** `mark` is the text that a process of this call has in `CARREL_CALL`. The root leads a session of its own. */
  constructor(mark: string, root: Root) {
    this.#mark = mark;
    this.#members.set(root.pid, root.start);
    this.#sessions.set(root.pid, root.start);
  }

  /** Takes note of a snapshot; answers who of the call is alive in it. */
  update(rows: readonly ProcessRow[]): readonly ProcessRow[] {
    const parents = Map.groupBy(rows, (row) => row.parent);
    const sessions = Map.groupBy(rows, (row) => row.session);
    const starts = new Map(rows.map((row) => [row.pid, row.start]));
    const waiting = rows.filter((row) => this.#isKnown(row));
    for (const [session, leader] of this.#sessions) {
      if (isSame(leader, starts.get(session))) waiting.push(...(sessions.get(session) ?? []));
    }
    const found = new Map<number, ProcessRow>();
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      if (found.has(row.pid)) continue;
      found.set(row.pid, row);
      waiting.push(...(parents.get(row.pid) ?? []), ...(sessions.get(row.session) ?? []));
    }
    this.#remember([...found.values()], starts);
    return [...found.values()].filter((row) => !row.dead);
  }

  #isKnown(row: ProcessRow): boolean {
    if (row.marks?.includes(this.#mark) === true) return true;
    return this.#members.has(row.pid) && isSame(this.#members.get(row.pid), row.start);
  }

  #remember(found: readonly ProcessRow[], starts: ReadonlyMap<number, number>): void {
    this.#members = new Map(found.map((row) => [row.pid, row.start]));
    for (const { session } of found) {
      if (!this.#sessions.has(session)) this.#sessions.set(session, starts.get(session));
    }
  }
}

/** A start that is not known, or a process that is gone, contradicts nothing. */
function isSame(remembered: number | undefined, seen: number | undefined): boolean {
  return remembered === undefined || seen === undefined || remembered === seen;
}
