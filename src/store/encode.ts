// Groups as every store keeps them: texts and columns, made once on the caller's thread, so that a store neither shares an
// object with its callers nor knows what an event means.
import { invariant } from '../base/index.ts';
import { CarrelError } from '../protocol/errors.ts';
import type { SessionSummary } from '../protocol/index.ts';
import { eventBytes } from './chain.ts';
import type { AppendGroup, TailChunk } from './port.ts';

/** UTF-16 units of one stored event. Far above any honest one; below what SQLite keeps in a row. */
const MAX_EVENT_UNITS = 64 * 1024 * 1024;

/** A list row: what is searched and sorted by, and the summary itself. */
export interface Row {
  readonly owner: string;
  readonly folder: string;
  readonly name: string;
  readonly status: string;
  readonly parent: string | null;
  readonly updatedAt: number;
  readonly wakeAt: number | null;
  readonly open: number;
  /** Name and title, in lower case. */
  readonly words: string;
  /** As JSON, keys in order: the same tags are the same text. */
  readonly tags: string;
  readonly summary: string;
}

export interface EncodedGroup {
  readonly session: string;
  readonly fence: number;
  readonly expectedSeq: number;
  readonly appendId: string;
  readonly bodies: readonly string[];
  /** Parts whose whole text is among the events. */
  readonly ended: readonly string[];
  /** Blobs that the events may name. */
  readonly blobs: readonly string[];
  readonly tail: readonly TailChunk[];
  readonly row?: Row;
  readonly command?: {
    readonly identity: string;
    readonly id: string;
    readonly bodyHash: string;
    readonly reply: string;
  };
  readonly snapshot?: { readonly seq: number; readonly version: number; readonly state: string };
}

/** Throws `internal` for a group that no caller may build, `limit_reached` for an event that is too large to keep. */
export function encodeGroup(group: AppendGroup): EncodedGroup {
  checkGroup(group);
  const { session, fence, expectedSeq, appendId, events, tail = [], summary, command, snapshot } = group;
  const bodies = events.map(eventBytes);
  checkSizes(session, bodies);
  return {
    session,
    fence,
    expectedSeq,
    appendId,
    bodies,
    ended: events.flatMap((event) =>
      event.type === 'text.ended' || event.type === 'reasoning.ended' ? [event.data.part] : [],
    ),
    blobs: blobsIn(bodies),
    tail: tail.map(({ step, part, kind, offset, text }) => ({ step, part, kind, offset, text })),
    ...(summary === undefined ? {} : { row: encodeRow(summary) }),
    ...(command === undefined ? {} : { command: { ...command, reply: JSON.stringify(command.reply) } }),
    ...(snapshot === undefined ? {} : { snapshot: { ...snapshot, state: JSON.stringify(snapshot.state) } }),
  };
}

export function encodeRow(summary: SessionSummary): Row {
  return {
    owner: summary.owner,
    folder: summary.folder,
    name: summary.name,
    status: summary.status,
    parent: summary.parent ?? null,
    updatedAt: summary.updatedAt,
    wakeAt: summary.wakeAt ?? null,
    open: summary.open ? 1 : 0,
    words: `${summary.name}\n${summary.title ?? ''}`.toLowerCase(),
    tags: tagsText(summary.tags),
    summary: JSON.stringify(summary),
  };
}

function tagsText(tags: SessionSummary['tags']): string {
  const entries = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

function checkGroup({ session, expectedSeq, events, summary, snapshot }: AppendGroup): void {
  for (const [index, event] of events.entries()) {
    const seq = expectedSeq + 1 + index;
    invariant(event.session === session, `an event of ${event.session} in a group of ${session}`);
    invariant(event.seq === seq, `event ${event.seq} of ${session} stands where ${seq} belongs`);
  }
  invariant(events.length === 0 || summary !== undefined, `events of ${session} without a summary`);
  invariant(
    summary === undefined || summary.session === session,
    `a summary of another session with ${session}`,
  );
  invariant(
    snapshot === undefined || (snapshot.seq > 0 && snapshot.seq <= expectedSeq + events.length),
    `a snapshot of ${session} at ${snapshot?.seq ?? 0}, beyond its group`,
  );
}

function checkSizes(session: string, bodies: readonly string[]): void {
  for (const body of bodies) {
    if (body.length <= MAX_EVENT_UNITS) continue;
    throw new CarrelError(
      'limit_reached',
      `An event of ${session} has ${body.length} characters; the store keeps at most ${MAX_EVENT_UNITS}. Put large content into a blob.`,
      { data: { limit: MAX_EVENT_UNITS } },
    );
  }
}

/** Every string value that looks like the address of a blob. One too many only keeps a blob for longer. */
function blobsIn(bodies: readonly string[]): string[] {
  const found = new Set<string>();
  for (const body of bodies)
    for (const match of body.matchAll(/"([0-9a-f]{64})"/g)) found.add(match[1] ?? '');
  return [...found];
}
