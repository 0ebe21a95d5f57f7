import { describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';

const TOOL = { name: 'a', description: 'x', parameters: { type: 'object' }, access: 'read' };
const READY = { type: 'ready', tools: [TOOL], problems: [] };
const FINISHED = { type: 'finished', result: { ok: true, text: 'done' } };
const LONG = 'x'.repeat(2 ** 20);

const atWork = (): Gate => {
  const gate = new Gate();
  gate.take(READY);
  gate.begin({ outputBytes: 100 });
  return gate;
};

describe('what a module declares', () => {
  it('is let through once', () => {
    const gate = new Gate();
    expect(gate.take(FINISHED)).toBeUndefined();
    expect(gate.take({ ...READY, more: LONG })).toEqual(READY);
    expect(gate.take(READY)).toBeUndefined();
    expect(atWork().take(READY)).toBeUndefined();
  });

  it.each([
    ['is far too long', { tools: [{ ...TOOL, description: LONG }] }],
    ['has far too many problems', { problems: Array.from({ length: 1_000 }, () => LONG.slice(0, 2_000)) }],
    ['is no list', { tools: 7 }],
    ['is nothing', { tools: undefined, problems: undefined }],
  ])('is a failure when it %s', (_what, more) => {
    const report = new Gate().take({ ...READY, ...more });
    expect(report).toMatchObject({ type: 'threw' });
    expect(JSON.stringify(report).length).toBeLessThan(5_000);
  });

  it('is left out where it is no tool', () => {
    expect(new Gate().take({ ...READY, tools: [TOOL, { ...TOOL, name: '' }] })).toEqual(READY);
  });
});

describe('the answer of a call', () => {
  it('is let through once, and cut', () => {
    const gate = atWork();
    const report = gate.take({ type: 'finished', result: { ok: true, text: LONG } });
    expect(report).toMatchObject({ result: { ok: true, cut: true } });
    expect(JSON.stringify(report).length).toBeLessThan(200);
    expect(gate.take(FINISHED)).toBeUndefined();
    expect(gate.take({ type: 'threw', message: 'late' })).toBeUndefined();
  });

  it('is an error when it is no result', () => {
    expect(atWork().take({ type: 'finished', result: 7 })).toMatchObject({ type: 'threw' });
  });
});

it('lets one progress through until it was passed on, and short texts of everything', () => {
  const gate = atWork();
  const progress = { type: 'progress', text: LONG };
  expect(JSON.stringify(gate.take(progress)).length).toBeLessThan(5_000);
  expect(gate.take(progress)).toBeUndefined();
  gate.shown();
  expect(gate.take(progress)).toMatchObject({ type: 'progress' });
  const stray = { type: 'stray', session: LONG, call: LONG, tool: LONG, message: LONG, more: LONG };
  expect(JSON.stringify(gate.take(stray)).length).toBeLessThan(20_000);
});

it.each([undefined, null, 7, 'finished', {}, { type: 'died', why: '', printed: LONG }, { type: 'stuck' }])(
  'takes nothing else (%#)',
  (report) => {
    expect(atWork().take(report)).toBeUndefined();
  },
);
