// The oracle must be able to find what it looks for.
import { describe, expect, it } from 'vitest';
import type { Message, SessionEvent } from '../../../protocol/index.ts';
import type { AppendGroup, AppendResult } from '../../../store/index.ts';
import { Disk } from '../disk.ts';
import { Findings } from '../findings.ts';
import { Journal } from '../journal.ts';
import { openings, unfinishedCalls } from './closed.ts';
import { proofProblem } from './replies.ts';
import { lostOrphan } from './tails.ts';

const user = (text = 'hi'): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const says = (text: string): Message => ({ role: 'assistant', parts: [{ type: 'text', text }] });
const calls = (...ids: string[]): Message => ({
  role: 'assistant',
  parts: ids.map((call) => ({ type: 'call', call, tool: 'look', args: {} })),
});
const results = (...ids: string[]): Message => ({
  role: 'tool',
  parts: ids.map((call) => ({ type: 'result', call, tool: 'look', ok: true, text: 'done' })),
});

describe('a transcript', () => {
  it.each<[string, readonly Message[]]>([
    ['is closed', [user(), calls('cal_1', 'cal_2'), results('cal_1', 'cal_2'), says('so'), user()]],
    ['ends with results', [user(), calls('cal_1'), results('cal_1')]],
  ])('that %s is fine', (_, messages) => expect([...openings(messages)]).toEqual([]));

  it.each<[string, readonly Message[]]>([
    ['is empty', []],
    ['ends with an answer', [user(), says('so')]],
    ['has an empty message', [{ role: 'user', parts: [] }]],
    ['has a call without a result', [user(), calls('cal_1'), user()]],
    ['has one of two results', [user(), calls('cal_1', 'cal_2'), results('cal_1')]],
    ['has results in another order', [user(), calls('cal_1', 'cal_2'), results('cal_2', 'cal_1')]],
    ['has a result without a call', [user(), says('so'), results('cal_1')]],
    ['has a call twice', [user(), calls('cal_1'), results('cal_1'), calls('cal_1'), results('cal_1')]],
    ['has a blank answer', [user(), says(' '), user()]],
    ['has two answers in a row', [user(), says('a'), says('b'), user()]],
  ])('that %s is not', (_, messages) => expect([...openings(messages)]).not.toEqual([]));
});

const event = (seq: number, type: string, data: object = {}, more: object = {}): SessionEvent =>
  ({ session: 'ses_a', seq, at: 0, v: 1, type, data, ...more }) as unknown as SessionEvent;

function journalOf(...events: readonly SessionEvent[]): Journal {
  const journal = new Journal();
  for (const one of events) journal.add(one, 0);
  return journal;
}

it('finds a call whose step did not finish', () => {
  const asked = event(
    1,
    'tool.requested',
    { tool: 'look', idempotent: true },
    { step: 'stp_1', call: 'cal_1' },
  );
  const messages = [user(), calls('cal_1'), results('cal_1')];
  expect([...unfinishedCalls(messages, journalOf(asked))]).toHaveLength(1);
  const finished = event(2, 'step.finished', { reason: 'calls' }, { step: 'stp_1' });
  expect([...unfinishedCalls(messages, journalOf(asked, finished))]).toEqual([]);
});

it('finds an acknowledged command that is not in the journal', () => {
  const command = { type: 'turn/cancel', id: 'cmd_1', by: { kind: 'user' } } as const;
  const reply = { session: 'ses_a', seq: 2, turn: 'trn_1' };
  const started = event(1, 'turn.started', {}, { turn: 'trn_1' });
  const asked = event(2, 'turn.cancel-requested', {}, { turn: 'trn_1' });
  expect(proofProblem(command, reply, journalOf(started))).toContain('ends at 1');
  expect(proofProblem(command, reply, journalOf(started, event(2, 'session.renamed')))).toContain(
    'nothing of it',
  );
  expect(proofProblem(command, reply, journalOf(started, asked))).toBeUndefined();
});

it('finds open text that a death has taken', () => {
  const disk = new Disk({ findings: new Findings(() => 0), now: () => 0, queuedInputs: 4 });
  const orphan = { session: 'ses_a', part: 'prt_1', text: 'Hel' };
  const ended = (data: object): string | undefined => {
    disk.journals.set('ses_a', journalOf(event(1, 'text.ended', { part: 'prt_1', ...data })));
    return lostOrphan(orphan, disk);
  };
  expect(lostOrphan(orphan, disk)).toContain('is gone');
  expect(ended({ text: 'Hello' })).toContain('not called interrupted');
  expect(ended({ text: 'He', interrupted: true })).toContain('lost text');
  expect(ended({ text: 'Hello', interrupted: true })).toBeUndefined();
});

describe('the disk', () => {
  const accepted: readonly AppendResult[] = [{ kind: 'accepted', seq: 1, hash: '' }];
  const group = (fence: number, ...events: SessionEvent[]): readonly AppendGroup[] => [
    { session: 'ses_a', fence, expectedSeq: 0, appendId: '', events },
  ];
  const watched = () => {
    const findings = new Findings(() => 0);
    const disk = new Disk({ findings, now: () => 0, queuedInputs: 1 });
    disk.wrote(group(1, event(1, 'session.created')), accepted, 'h1');
    return { disk, broken: () => findings.all.map(({ promise }) => promise) };
  };

  it('finds a write with an old fence', () => {
    const { disk, broken } = watched();
    disk.claimed('ses_a', 2, 'h2');
    disk.wrote(group(2, event(2, 'session.renamed')), accepted, 'h2');
    expect(broken()).toEqual([]);
    disk.wrote(group(1, event(3, 'session.renamed')), accepted, 'h1');
    expect(broken()).toEqual(['P5']);
  });

  it('finds a gap, a command that is carried out twice, and a queue that is too long', () => {
    const input = (seq: number, command: string) =>
      event(seq, 'input.accepted', { command, text: command }, { cause: command });
    const { disk, broken } = watched();
    disk.wrote(group(1, input(2, 'cmd_1')), accepted, 'h1');
    expect(broken()).toEqual([]);
    disk.wrote(group(1, input(4, 'cmd_1')), accepted, 'h1');
    expect(broken()).toEqual(['P5', 'P1']);
    disk.wrote(group(1, input(4, 'cmd_2')), accepted, 'h1');
    expect(broken().at(-1)).toBe('P8');
  });
});
