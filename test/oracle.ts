// What must hold of any journal, whatever happened to its host.
import type { SessionEvent } from '../src/protocol/index.ts';
import { Conversation, transcript, transcriptProblems } from '../src/session/index.ts';

/** Everything that breaks a promise; empty when all is well. `runs` counts how often each call's tool really ran. */
export function violations(
  events: readonly SessionEvent[],
  runs: ReadonlyMap<string, number> = new Map(),
): readonly string[] {
  return [
    ...gaps(events),
    ...callViolations(events, runs),
    ...turnViolations(events),
    ...transcriptViolations(events),
  ];
}

function gaps(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event, index) =>
    event.seq === index + 1 ? [] : [`event ${String(index + 1)} has seq ${String(event.seq)}`],
  );
}

/** P4: an intent before each run, one result for each call, no second run without a word. */
function callViolations(events: readonly SessionEvent[], runs: ReadonlyMap<string, number>): string[] {
  const found: string[] = [];
  const started = new Map<string, number>();
  const finished = new Set<string>();
  const idempotent = new Set<string>();
  for (const { type, call = '', data } of events) {
    if (type === 'tool.requested' && data.idempotent) idempotent.add(call);
    if (type === 'tool.started') started.set(call, (started.get(call) ?? 0) + 1);
    if (type === 'tool.finished') {
      if (finished.has(call)) found.push(`${call} has two results`);
      finished.add(call);
    }
  }
  for (const [call, times] of started)
    if (times > 1 && !idempotent.has(call)) found.push(`${call} was started ${String(times)} times`);
  for (const [call, times] of runs) {
    if (times > (started.get(call) ?? 0))
      found.push(
        `${call} ran ${String(times)} times but was started ${String(started.get(call) ?? 0)} times`,
      );
  }
  return found;
}

function turnViolations(events: readonly SessionEvent[]): string[] {
  const found: string[] = [];
  let open: string | undefined;
  let cancelled = false;
  for (const { type, turn = '', seq } of events) {
    if (type === 'turn.started') {
      if (open !== undefined) found.push(`turn ${turn} started while ${open} was open`);
      open = turn;
      cancelled = false;
    }
    if (type === 'turn.cancel-requested') cancelled = true;
    if (cancelled && (type === 'step.started' || type === 'tool.started'))
      found.push(`${type} at ${String(seq)} after a cancel`);
    if (type === 'turn.finished') open = undefined;
  }
  return found;
}

/** P3, from any cut of the journal in which anything was delivered. */
function transcriptViolations(events: readonly SessionEvent[]): string[] {
  const found: string[] = [];
  const conversation = new Conversation();
  for (const event of events) {
    conversation.add(event);
    if (conversation.entries.length === 0) continue;
    for (const problem of transcriptProblems(transcript(conversation, { provider: 'scripted' })))
      found.push(`cut at ${String(event.seq)}: ${problem}`);
  }
  return found;
}

export async function allEvents(
  store: {
    read: (
      owner: string,
      session: string,
      range: { after: number; limit: number },
    ) => Promise<{ events: readonly SessionEvent[] }>;
  },
  session: string,
): Promise<readonly SessionEvent[]> {
  return (await store.read('local', session, { after: 0, limit: 1_000_000 })).events;
}
