import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { manualClock } from '../testing/index.ts';
import { BEAT_MS, startHeartbeat } from './heartbeat.ts';
import { oneWrite } from './one-write.ts';

it.each([0, 1, BEAT_MS / 2, BEAT_MS - 1])(
  'finds who goes %i ms behind a sign of life within 45 s',
  async (after) => {
    const clock = manualClock();
    let silent = 0;
    const beats: number[] = [];
    using heartbeat = startHeartbeat({
      clock,
      beat: () => void beats.push(clock.monotonic()),
      onSilent: () => void silent++,
    });
    for (let n = 0; n < 10; n++) {
      await clock.advance(BEAT_MS);
      heartbeat.heard();
    }
    await clock.advance(after);
    heartbeat.heard();
    expect([silent, beats.length]).toEqual([0, 10]);
    await clock.advance(45_000);
    expect(silent).toBe(1);
    await clock.advance(120_000);
    expect(silent).toBe(1);
  },
);

it('writes once a turn what many followers are sent', async () => {
  const writes: number[] = [];
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(),
    writev(chunks, done) {
      writes.push(chunks.length);
      done();
    },
  });
  const gather = oneWrite(stream);
  for (const turn of [1, 2]) {
    for (let n = 0; n < 100; n++) {
      gather();
      stream.write('x');
    }
    await setImmediate();
    await setImmediate();
    expect(writes).toEqual(Array(turn).fill(100));
  }
  expect(stream.writableCorked).toBe(0);
});
