import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../protocol/index.ts';
import { Hub } from './hub.ts';
import { Hubs } from './hubs.ts';

function event(seq: number, text = ''): SessionEvent {
  const data = { text, role: 'user' as const };
  return { session: 'ses_1', seq, at: 0, v: 1, type: 'context.added', data };
}

describe('a hub', () => {
  it('shows every event to each viewer and to the listeners of its type, in order', async () => {
    const faults: unknown[] = [];
    const hub = new Hub({ onFault: (error) => faults.push(error) });
    using viewer = hub.watch();
    const heard: number[] = [];
    using _bad = hub.on('*', () => {
      throw new Error('bad');
    });
    using _all = hub.on('*', ({ seq }) => heard.push(seq));
    using _none = hub.on('turn.started', () => heard.push(-1));
    using _late = hub.on('*', () => Promise.reject(new Error('late')));
    hub.publish([event(1), event(2)]);
    expect((await viewer.take()).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(heard).toEqual([1, 2]);
    await new Promise(setImmediate);
    expect(faults).toHaveLength(4);
    expect(hub.seq).toBe(2);
  });

  it('forgets what waits for a viewer that does not read, and tells it', async () => {
    let behind = 0;
    const hub = new Hub({ onFault: () => undefined, onBehind: () => void behind++ });
    using slow = hub.watch();
    using quick = hub.watch();
    for (let seq = 1; seq <= 12; seq++) {
      hub.publish([event(seq, 'x'.repeat(100_000))]);
      expect((await quick.take()).map((item) => item.seq)).toEqual([seq]);
    }
    expect(slow.behind).toBe(true);
    expect(behind).toBe(1);
    expect(await slow.take()).toEqual([]);
    expect([quick.behind, quick.closed]).toEqual([false, false]);
  });

  it('gives what came before its end, then nothing', async () => {
    const hub = new Hub({ onFault: () => undefined });
    using viewer = hub.watch();
    hub.publish([event(1)]);
    hub.close();
    expect(await viewer.take()).toHaveLength(1);
    expect(await viewer.take()).toEqual([]);
    using late = hub.watch();
    expect(await late.take()).toEqual([]);
  });

  it('is idle once the last has left, and says so once', () => {
    let idle = 0;
    const hub = new Hub({ onFault: () => undefined, onIdle: () => idle++ });
    const [viewer, listener] = [hub.watch(), hub.on('*', () => undefined)];
    viewer[Symbol.dispose]();
    expect([hub.idle, idle]).toEqual([false, 0]);
    listener[Symbol.dispose]();
    listener[Symbol.dispose]();
    viewer[Symbol.dispose]();
    expect([hub.idle, idle]).toEqual([true, 1]);
  });
});

describe('hubs', () => {
  it('are kept for who is live or watched, and for nobody else', () => {
    const live = new Set<string>(['a']);
    const hubs = new Hubs({ isLive: (session) => live.has(session), onFault: () => undefined });
    const [a, b] = [hubs.of('a'), hubs.of('b')];
    const viewers = [a.watch(), b.watch()];
    expect(hubs.viewers).toBe(2);
    for (const viewer of viewers) viewer[Symbol.dispose]();
    expect(hubs.of('a')).toBe(a);
    expect(hubs.of('b')).not.toBe(b);
    live.clear();
    hubs.drop('a');
    expect(hubs.of('a')).not.toBe(a);
    hubs.close();
    expect(hubs.of('c').watch().closed).toBe(true);
  });
});
