/** One process as it was seen at one moment. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Where the system does not tell, its group. */
  readonly session: number;
  /** When it started, in the system's own unit: with the pid it names the process for good, although pids come again. */
  readonly start: number;
  /** Only its entry is left, until its parent takes note. */
  readonly dead: boolean;
  /** Text with the marks of the calls it belongs to (`mark.ts`); undefined where it has none or they cannot be read. */
  readonly marks?: string;
}

export interface ProcessSnapshot {
  readonly rows: readonly ProcessRow[];
  /** False when a process ended while the table was read, or just before: one that it started last may be missing. */
  readonly settled: boolean;
}

/** Reads the table of processes. Marks are read only of processes that started at `since` or later. */
export type ReadProcesses = (since: number) => Promise<ProcessSnapshot>;

/** Callers that come while the table is being read share the next reading, which began after all of them came. */
export function sharedReading(read: () => Promise<ProcessSnapshot>): () => Promise<ProcessSnapshot> {
  let running: Promise<ProcessSnapshot> | undefined;
  let next: Promise<ProcessSnapshot> | undefined;
  const start = (): Promise<ProcessSnapshot> => {
    next = undefined;
    const mine = read().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(start, start);
    return next;
  };
}
