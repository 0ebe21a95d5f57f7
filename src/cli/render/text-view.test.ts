import { describe, expect, it } from 'vitest';
import type { DeltaFrame } from '../../protocol/index.ts';
import { event, memorySink } from '../fixtures.ts';
import { textView } from './text-view.ts';

const step = { step: 'stp_1' };
const usage = { input: 10, output: 2 };
const ended = (text: string, part = 'prt_1') => event('text.ended', { part, text }, step);
const answered = event('step.finished', { reason: 'stop', usage }, step);
const completed = event('turn.finished', { outcome: 'completed', why: 'stopped', usage }, { turn: 'trn_1' });
const requested = event(
  'tool.requested',
  { tool: 'exec', args: { command: 'npm test' }, idempotent: false, parallel: false },
  { call: 'cal_1' },
);
const started = event('tool.started', { incarnation: 1 }, { call: 'cal_1' });
const done = event(
  'tool.finished',
  { status: 'ok', output: { text: 'fine', bytes: 4 }, tookMs: 1200 },
  { call: 'cal_1' },
);
const retried = event(
  'step.retried',
  { attempt: 2, until: 0, error: { code: 'provider_failed', message: 'busy' }, shown: true },
  step,
);

function frame(text: string, offset: number, kind: 'text' | 'reasoning' = 'text'): DeltaFrame {
  return { type: 'delta', session: 'ses_00000000', seq: 1, step: 'stp_1', part: 'prt_1', kind, offset, text };
}

function shown(
  terminal: boolean,
  items: readonly (DeltaFrame | ReturnType<typeof event>)[],
): { out: string; err: string } {
  const [out, err] = [memorySink({ terminal }), memorySink({ terminal })];
  const view = textView({ out, err });
  for (const item of items) view.show(item);
  view.end();
  return { out: out.text(), err: err.text() };
}

describe('text into a pipe', () => {
  it('is the answer, once, without what a retry took back', () => {
    expect(
      shown(false, [frame('Hel', 0), ended('Half'), retried, ended('Hello'), answered, completed]).out,
    ).toBe('Hello\n');
  });

  it('leaves what leads to a call to the notes', () => {
    const { out, err } = shown(false, [
      ended('I look.'),
      requested,
      answered,
      started,
      done,
      ended('Found.'),
      answered,
    ]);
    expect(out).toBe('Found.\n');
    expect(err).toBe('I look.\n✓ exec npm test 1s\n');
  });

  it('carries no control sequence', () => {
    expect(shown(false, [ended('a\u001b]0;owned\u0007b\u001b[2Jc'), answered]).out).toBe('abc\n');
  });
});

describe('text on a terminal', () => {
  it('appears as it comes, and its end adds what was missing', () => {
    expect(shown(true, [frame('Hel', 0), frame('lo', 3), ended('Hello!'), completed]).out).toBe('Hello!\n');
  });

  it('replaces the line of a running call by its outcome', () => {
    expect(shown(true, [requested, started, done]).err).toBe(
      '⏳ exec npm test\r\u001b[K✓ exec npm test 1s\n',
    );
  });

  it('begins a new line for whatever comes between a call and its outcome', () => {
    expect(shown(true, [requested, started, retried, done]).err).toContain(
      '⏳ exec npm test\n⚠ busy; asking again\n',
    );
  });

  it('keeps reasoning out of the answer', () => {
    const { out, err } = shown(true, [
      frame('hmm', 0, 'reasoning'),
      event('reasoning.ended', { part: 'prt_1', text: 'hmm' }, step),
    ]);
    expect(out).toBe('');
    expect(err).toBe('… hmm\n');
  });
});
