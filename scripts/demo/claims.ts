// What the demo says of itself, checked against the journals.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { PID_FILE } from './cast.ts';

export interface Evidence {
  readonly folder: string;
  readonly reader: readonly SessionEvent[];
  readonly runner: readonly SessionEvent[];
  readonly mender: readonly SessionEvent[];
  /** What had been seen of the reader's answer a second before the kill, and at the kill. */
  readonly seenBefore: string;
  readonly seen: string;
}

export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

export function checkClaims(evidence: Evidence): readonly Claim[] {
  const { folder, reader, runner, mender, seen, seenBefore } = evidence;
  const kept = keptText(reader);
  const ended = (events: readonly SessionEvent[]): string | undefined =>
    events.flatMap((event) => (event.type === 'turn.finished' ? [event.data.outcome] : [])).at(-1);
  const edits = mender.filter(({ type }) => type === 'tool.started' || type === 'approval.resolved');
  return [
    {
      text: 'the text shown before the kill was kept, and is marked interrupted',
      holds: kept !== '' && kept.startsWith(seenBefore) && (kept.startsWith(seen) || seen.startsWith(kept)),
    },
    { text: 'one command continued the answer to its end', holds: ended(reader) === 'completed' },
    {
      text: 'no event of any session is missing',
      holds: [reader, runner, mender].every((events) => events.every(({ seq }, index) => seq === index + 1)),
    },
    {
      text: 'the cancelled call is recorded as cancelled, the one before it as it ended',
      holds: outcomes(runner).at(-1) === 'cancelled' && ended(runner) === 'cancelled',
    },
    {
      text: 'the process of the cancelled call is gone',
      holds: !isAlive(Number(readFileSync(join(folder, PID_FILE), 'utf8'))),
    },
    {
      text: 'the edit ran once, after it was approved',
      holds:
        edits.map(({ type }) => type).join() === 'tool.started,approval.resolved,tool.started' &&
        outcomes(mender).join() === 'ok,ok',
    },
    { text: "the sample project's tests pass now", holds: testsPass(folder) },
  ];
}

/** The interrupted text of the last answer that was cut. */
export function keptText(events: readonly SessionEvent[]): string {
  return (
    events
      .flatMap((event) =>
        event.type === 'text.ended' && event.data.interrupted === true ? [event.data.text] : [],
      )
      .at(-1) ?? ''
  );
}

export function outcomes(events: readonly SessionEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'tool.finished' ? [event.data.status] : []));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function testsPass(folder: string): boolean {
  // The runner of the demo may itself be a test: the marker would make the inner one report to it.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  return spawnSync(process.execPath, ['--test'], { cwd: folder, env }).status === 0;
}
