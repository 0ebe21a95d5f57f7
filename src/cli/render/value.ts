import type { Sink } from '../terminal.ts';

/** One JSON value: what `--json` of a command that is no stream prints. */
export function printValue(out: Sink, value: unknown): void {
  out.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
