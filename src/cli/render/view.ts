// What happens in a session, shown. Answers go to `out`, everything else to `err`, so that a pipe gets answers only.
import type { ViewItem } from '../../protocol/index.ts';
import type { Sink } from '../terminal.ts';

export interface View {
  show(item: ViewItem): void;
  /** Nothing more will come: finishes an open line. Idempotent. */
  end(): void;
}

/** One JSON object a line: events as they are stored, and frames. */
export function jsonView(out: Sink): View {
  return { show: (item) => out.write(`${JSON.stringify(item)}\n`), end: () => undefined };
}
