// P2: what a model said 100 ms ago is on the disk, whatever becomes of the host now.
import type { Disk } from '../disk.ts';
import type { Ledger, RequestRecord } from '../ledger.ts';

/** Within which streaming text is durable, ms. */
const DURABLE_MS = 100;
/** So long must the disk have been well for that to be promised: a host may wait 2 s after a failed write. */
export const DISK_WELL_MS = 3_500;

/** What is missing of the requests that are open at this host. */
export function missingText(
  ledger: Ledger,
  { disk, host, nowMs }: { disk: Disk; host: string; nowMs: number },
): readonly string[] {
  if (!disk.wellFor(DISK_WELL_MS)) return [];
  return [...ledger.open].flatMap((record) =>
    'emitted' in record && record.host === host && !record.signal.aborted ? missing(record, disk, nowMs) : [],
  );
}

function missing(record: RequestRecord, disk: Disk, nowMs: number): readonly string[] {
  const said = new Map<string, string>();
  for (const { atMs, part, text } of record.emitted)
    if (atMs <= nowMs - DURABLE_MS) said.set(part, (said.get(part) ?? '') + text);
  return [...said].flatMap(([part, text]) => {
    const kept = durable(disk, record.session, part);
    const due = wholePairs(text);
    if (kept.startsWith(due)) return [];
    return [`of ${part} the disk has ${JSON.stringify(kept)} of ${JSON.stringify(due)}`];
  });
}

/** The text that begins like this: of a part that ended, or of one that is open. */
function durable(disk: Disk, session: string, beginning: string): string {
  const open = [...(disk.data.sessions.get(session)?.tail.values() ?? [])].map(({ text }) => text);
  const ended = [...disk.journal(session).parts.values()].map(({ text }) => text);
  return [...open, ...ended].find((text) => text.startsWith(beginning)) ?? '';
}

/** Half a surrogate pair waits for its other half. */
function wholePairs(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}

/** An open part on the disk when its host died: it must be kept, and said to be interrupted. */
export interface Orphan {
  readonly session: string;
  readonly part: string;
  readonly text: string;
}

export function orphans(disk: Disk, host: string): readonly Orphan[] {
  const own = [...disk.data.sessions].filter(([session]) => disk.holder(session) === host);
  return own.flatMap(([session, { tail }]) =>
    [...tail.values()].map(({ part, text }) => ({ session, part, text })),
  );
}

export function lostOrphan({ session, part, text }: Orphan, disk: Disk): string | undefined {
  const ended = disk.journal(session).parts.get(part);
  if (ended === undefined) return `part ${part} of ${session} was open at a death, and is gone`;
  if (!ended.interrupted)
    return `part ${part} of ${session} was open at a death, and is not called interrupted`;
  return ended.text.startsWith(text) ? undefined : `part ${part} of ${session} has lost text after a death`;
}
