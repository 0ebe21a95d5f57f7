import { expect, it } from 'vitest';
import { Gate } from './gate.ts';

const { signal } = new AbortController();

it('lets so many in, and the others in their order as places are given back', async () => {
  const gate = new Gate(2);
  const inside: number[] = [];
  const enter = async (n: number): Promise<Disposable> => {
    const place = await gate.enter(signal);
    inside.push(n);
    return place;
  };
  const places = [1, 2, 3, 4].map(enter);
  const [first, second] = [await places[0], await places[1]];
  expect(inside).toEqual([1, 2]);
  first?.[Symbol.dispose]();
  await places[2];
  expect(inside).toEqual([1, 2, 3]);
  second?.[Symbol.dispose]();
  await places[3];
  expect(inside).toEqual([1, 2, 3, 4]);
});

it('keeps no place for whoever left, before or just as it was called', async () => {
  const gate = new Gate(1);
  const place = await gate.enter(signal);
  const [before, late] = [new AbortController(), new AbortController()];
  const left = gate.enter(before.signal);
  const called = gate.enter(late.signal);
  before.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  place[Symbol.dispose]();
  late.abort(new Error('late'));
  await called.then((taken) => taken[Symbol.dispose](), String);
  (await gate.enter(signal))[Symbol.dispose]();
});
