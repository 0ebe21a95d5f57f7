/** A broken invariant: a bug of ours. It kills one actor, never the host. */
export class InvariantError extends Error {
  readonly code = 'internal';
  constructor(message: string) {
    super(`invariant broken: ${message}`);
    this.name = 'InvariantError';
  }
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the last arm of a switch over a union: the compiler proves it is never reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected value ${JSON.stringify(value)}`);
}
