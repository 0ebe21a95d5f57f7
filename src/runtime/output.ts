import { cutEnd, cutStart } from '../base/index.ts';
import type { ToolOutput } from '../protocol/index.ts';
import type { Scope } from './scope.ts';

export interface OutputLimits {
  /** Bytes that are kept at most. */
  readonly keep: number;
  /** Bytes that the model sees at most. */
  readonly show: number;
}

/** A tool's output as the journal has it: whole when it is small, else its two ends, with the whole in a blob if one can be written. */
export async function keepOutput(scope: Scope, text: string, limits: OutputLimits): Promise<ToolOutput> {
  const bytes = Buffer.byteLength(text);
  if (bytes <= limits.show) return { text, bytes };
  const kept = bytes <= limits.keep ? text : excerpt(text, bytes, limits.keep);
  const shown = { text: excerpt(text, bytes, limits.show), bytes, cut: true };
  try {
    return { ...shown, blob: await scope.store.putBlob(Buffer.from(kept)) };
  } catch (error) {
    scope.fault('a large tool output could not be kept', error);
    return shown;
  }
}

/** The two ends of a text, with a line between them that says how much is left out. Never more than `limit` bytes. */
export function excerpt(text: string, bytes: number, limit: number): string {
  const note = `\n… ${String(bytes)} bytes in all, the middle is left out …\n`;
  // A UTF-16 unit is at most 3 bytes: shrink until the bytes fit.
  let units = Math.floor((limit - note.length - 4) / 2);
  for (;;) {
    const ends = cutStart(text, units) + note + cutEnd(text, units);
    const over = Buffer.byteLength(ends) - limit;
    if (over <= 0 || units <= 0) return ends;
    units = Math.max(0, units - Math.max(1, Math.ceil(over / 6)));
  }
}
