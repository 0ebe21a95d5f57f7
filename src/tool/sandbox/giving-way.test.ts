import { expect, it } from 'vitest';
import { manualClock } from '../../testing/index.ts';
import { GivingWay, type Priorities } from './giving-way.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A system that gives these answers to one group after the other, then takes everything. */
function systemOf(...refusals: readonly string[]): Priorities & { readonly asked: string[] } {
  const left = [...refusals];
  const asked: string[] = [];
  return {
    asked,
    lowerProcess: (pid) => void asked.push(`process ${String(pid)}`),
    lowerGroup(pid) {
      asked.push(`group ${String(pid)}`);
      const refusal = left.shift();
      if (refusal !== undefined) throw systemError(refusal);
    },
  };
}

const clock = manualClock();
const wait = (times: number): Promise<void> => clock.advance(times * 100);

it('lowers the first process and its group, and nothing of it twice', async () => {
  const system = systemOf();
  using way = new GivingWay(clock, system);
  way.process(7);
  way.group(7, () => true);
  way.seen({ pid: 7, session: 7 });
  way.seen({ pid: 8, session: 7 });
  await wait(3);
  expect(system.asked).toEqual(['process 7', 'group 7']);
});

it('lowers a session that is entered later, through whoever is in it', () => {
  const system = systemOf();
  using way = new GivingWay(clock, system);
  way.process(7);
  way.group(7, () => true);
  way.seen({ pid: 9, session: 8 });
  way.seen({ pid: 10, session: 8 });
  expect(system.asked).toEqual(['process 7', 'group 7', 'group 9']);
});

it('tries again where only so many a second are taken', async () => {
  const system = systemOf('EAGAIN', 'EAGAIN');
  using way = new GivingWay(clock, system);
  way.process(7);
  way.group(7, () => true);
  await wait(5);
  expect(system.asked).toEqual(['process 7', 'group 7', 'group 7', 'group 7']);
});

it.each(['ENOENT', 'EACCES', 'ESRCH'])('leaves a group alone that cannot be lowered: %s', async (code) => {
  const system = systemOf(code);
  using way = new GivingWay(clock, system);
  way.process(7);
  way.group(7, () => true);
  await wait(5);
  expect(system.asked).toEqual(['process 7', 'group 7']);
});

it('touches no process that has ended, and does not try for ever', async () => {
  const always = Array.from({ length: 1000 }, () => 'EAGAIN');
  const ended = systemOf(...always);
  using first = new GivingWay(clock, ended);
  first.group(7, () => false);
  const given = systemOf(...always);
  const second = new GivingWay(clock, given);
  second.group(7, () => true);
  const lasting = systemOf(...always);
  using third = new GivingWay(clock, lasting);
  third.group(7, () => true);
  await wait(1);
  second[Symbol.dispose]();
  await wait(200);
  expect(ended.asked).toHaveLength(1);
  expect(given.asked).toHaveLength(2);
  expect(lasting.asked).toHaveLength(50);
});
