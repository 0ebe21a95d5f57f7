// Where a command reads and writes. Commands see this and never `process`, so that a test can hand them another.

/** One output stream. */
export interface Sink {
  write(text: string): void;
  /** A person reads it. */
  readonly terminal: boolean;
  /** Colour may be used, beside symbols. */
  readonly colour: boolean;
  readonly columns: number;
}

export interface Terminal {
  /** Answers: what a pipe wants. */
  readonly out: Sink;
  /** Notes, progress, questions. */
  readonly err: Sink;
  /** A person can be asked: they read `err` and type. */
  readonly interactive: boolean;
  /** Aborts when nobody reads `out` any more. */
  readonly gone: AbortSignal;
  /**
   * What was piped in, whole; undefined when nothing is. `invalid_params` above `limitBytes` or when it is not text. `quiet` is
   * called once when the pipe says nothing for a while.
   */
  piped(limitBytes: number, quiet: () => void): Promise<string | undefined>;
  /** One typed line; undefined at the end of input. Rejects when the signal aborts. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Called for each Ctrl-C until disposed; without a listener the process ends. */
  onInterrupt(listener: () => void): Disposable;
}
