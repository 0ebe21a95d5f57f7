// The small parts of the supervisor and the actor.
import { describe, expect, it } from 'vitest';
import { deferred, type Clock } from '../base/index.ts';
import type { CommandReply } from '../protocol/index.ts';
import { CrashLog } from './crash-log.ts';
import { Mailbox } from './mailbox.ts';
import type { Mail } from './mail.ts';
import { Patience } from './patience.ts';

class Timers implements Clock {
  readonly delays: number[] = [];
  readonly waiting = new Set<() => void>();
  now = (): number => 0;
  monotonic = (): number => 0;

  after(delayMs: number, fire: () => void): Disposable {
    this.delays.push(delayMs);
    this.waiting.add(fire);
    return { [Symbol.dispose]: () => void this.waiting.delete(fire) };
  }

  fireAll(): void {
    const due = [...this.waiting];
    for (const fire of due) if (this.waiting.delete(fire)) fire();
  }
}

describe('the crash log', () => {
  it('waits longer each time, gives up at the sixth crash in a minute, and begins anew behind that', () => {
    const log = new CrashLog();
    const waits = [0, 1, 2, 3, 4].map((n) => log.add('a', new Error('x'), n * 1_000));
    expect(waits).toEqual([50, 100, 200, 400, 800]);
    expect(log.unwritten('a')).toMatchObject({ type: 'session/crash', error: { code: 'internal' } });
    log.add('a', new Error('x'), 5_000);
    expect(log.unwritten('a')).toMatchObject({ type: 'session/fail' });
    log.written('a');
    expect(log.unwritten('a')).toBeUndefined();
    expect(log.add('a', new Error('x'), 5_001)).toBe(50);
    expect([log.total, log.unwritten('b')]).toEqual([7, undefined]);
    expect(log.unwritten('a')).toMatchObject({ type: 'session/crash' });
  });

  it('forgets what does not count any more, but nothing unwritten', () => {
    const log = new CrashLog();
    log.add('a', new Error('x'), 0);
    log.prune(70_000);
    expect(log.unwritten('a')).toBeDefined();
    log.written('a');
    log.prune(70_000);
    expect(log.add('a', new Error('x'), 70_001)).toBe(50);
  });
});

describe('patience', () => {
  it('waits longer and longer until something works, unless it is hurried', async () => {
    const clock = new Timers();
    const patience = new Patience(clock);
    patience.hurry();
    for (let n = 0; n < 6; n++) {
      const waited = patience.wait();
      if (n % 2 === 0) clock.fireAll();
      else patience.hurry();
      await waited;
    }
    patience.reset();
    const waited = patience.wait();
    clock.fireAll();
    await waited;
    expect(clock.delays).toEqual([100, 250, 500, 1_000, 2_000, 2_000, 100]);
    expect(clock.waiting.size).toBe(0);
  });
});

describe('a mailbox', () => {
  const by = { kind: 'user' } as const;
  const mail = (command: Mail['command']): Mail => ({
    session: 'ses_1',
    identity: 'local',
    command,
    answer: deferred<CommandReply>(),
  });
  const send = (n: number): Mail =>
    mail({ type: 'context/add', id: `cmd_${String(n)}`, text: 'x', role: 'user' });
  const cancel = (): Mail => mail({ type: 'turn/cancel', id: 'cmd_c', by });
  const fired = (): Mail => mail({ type: 'timer/fired', key: 'k' });

  it('bounds what clients ask, keeps a reserve for cancels, and takes every result', () => {
    const box = new Mailbox();
    for (let n = 0; n < 256; n++) expect(box.add(send(n))).toBeUndefined();
    expect(box.add(send(256))).toMatchObject({ code: 'overloaded', data: { capacity: 256 } });
    for (let n = 0; n < 16; n++) expect(box.add(cancel())).toBeUndefined();
    expect(box.add(cancel())).toMatchObject({ code: 'overloaded', data: { capacity: 272 } });
    for (let n = 0; n < 100; n++) expect(box.add(fired())).toBeUndefined();
    expect(box.length).toBe(372);
  });

  it('puts back in front what it gave', () => {
    const box = new Mailbox();
    const [a, b, c] = [send(1), send(2), send(3)];
    box.add(a);
    box.add(b);
    const taken = box.takeAll();
    box.add(c);
    box.putBack(taken);
    expect(box.takeAll()).toEqual([a, b, c]);
    expect(box.length).toBe(0);
  });
});
