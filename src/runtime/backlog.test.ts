import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CarrelError } from '../protocol/index.ts';
import { manualClock } from '../testing/index.ts';
import { Backlog } from './backlog.ts';
import type { Scope } from './scope.ts';

function stage({ waitingTurns = 0, load = (): Promise<unknown> => Promise.resolve() } = {}) {
  const clock = manualClock();
  const admission = { waitingTurns };
  const scope = { clock, admission, fault: () => undefined } as unknown as Scope;
  const taken: string[] = [];
  const backlog = new Backlog(scope, (session) => {
    taken.push(session);
    return load();
  });
  return { clock, admission, taken, backlog };
}

describe('while many turns wait for a slot', () => {
  it('takes up who is woken by a time, and leaves turns that are to go on for later', async () => {
    const { backlog, taken, admission, clock } = stage({ waitingTurns: 64 });
    backlog.addTurns(['turn 1', 'turn 2']);
    await backlog.rested();
    expect(taken).toEqual([]);
    backlog.add(['due']);
    backlog.addLater('has a child');
    await clock.advance(1_000);
    expect(taken).toEqual(['due', 'has a child']);
    await clock.advance(60_000);
    expect(taken).toHaveLength(2);
    admission.waitingTurns = 63;
    await clock.advance(1_000);
    expect(taken.slice(2)).toEqual(['turn 1', 'turn 2']);
    expect(clock.pending).toBe(0);
  });

  it('a turn that was refused waits again with its like', async () => {
    const refusal = new CarrelError('limit_reached', 'all are at work');
    const { backlog, taken, admission, clock } = stage({ load: () => Promise.reject(refusal) });
    backlog.addTurns(['turn']);
    await setImmediate();
    admission.waitingTurns = 64;
    await clock.advance(10_000);
    expect(taken).toEqual(['turn']);
    backlog[Symbol.dispose]();
  });
});
