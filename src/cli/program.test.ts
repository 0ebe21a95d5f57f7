import { describe, expect, it } from 'vitest';
import { CarrelError, ERRORS, type ErrorCode } from '../protocol/index.ts';
import { EXIT, exitOfCode, exitOfOutcome, exitOfSummary } from './exit.ts';
import { printFailure } from './failure.ts';
import { memorySink, testTerminal } from './fixtures.ts';
import { runProgram } from './program.ts';
import { COMMANDS } from './specs.ts';

async function run(...argv: string[]): Promise<{ exit: number; out: string; err: string }> {
  const terminal = testTerminal();
  const exit = await runProgram(argv, {
    terminal,
    env: { CARREL_HOME: '/nowhere' },
    folder: '/',
    version: '1.2.3',
  });
  return { exit, out: terminal.out.text(), err: terminal.err.text() };
}

describe('the program', () => {
  it.each(COMMANDS)('has a module for $name', async ({ load }) => {
    expect(await load()).toMatchObject({ run: expect.any(Function) as unknown });
  });

  it.each(COMMANDS)('explains $name', async ({ name, args = [], options = [] }) => {
    const { exit, out } = await run(name, '--help');
    expect(exit).toBe(EXIT.done);
    for (const arg of args) expect(out).toContain(arg.name);
    for (const option of options) expect(out).toContain(option.flags);
  });

  it.each(['bash', 'zsh', 'fish'])('completes every command in %s', async (shell) => {
    const { out } = await run('completion', shell);
    for (const { name } of COMMANDS) expect(out).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('prints its version', async () => {
    expect(await run('--version')).toEqual({ exit: EXIT.done, out: '1.2.3\n', err: '' });
  });

  it('says as JSON what is wrong when JSON was asked for, and not when it was only said', async () => {
    const { exit, err } = await run('list', '--limit', 'none', '--json');
    expect(exit).toBe(EXIT.usage);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'invalid_params', data: { option: 'limit' } } });
    expect((await run('show', '--', '--json')).err).toMatch(/^✗ carrel: not_found/);
  });
});

describe('exit codes', () => {
  it.each<[ErrorCode, number]>([
    ['invalid_params', 2],
    ['model_unavailable', 2],
    ['limit_reached', 3],
    ['overloaded', 3],
    ['cancelled', 130],
    ['home_in_use', 1],
    ['internal', 1],
  ])('%s is %d', (code, exit) => {
    expect(exitOfCode(code)).toBe(exit);
  });

  it('of a turn follow its outcome, and of a failed one what it failed of', () => {
    expect(exitOfOutcome('completed')).toBe(EXIT.done);
    expect(exitOfOutcome('cancelled')).toBe(EXIT.cancelled);
    expect(exitOfOutcome('halted')).toBe(EXIT.failed);
    expect(exitOfOutcome('failed', 'provider_failed')).toBe(EXIT.failed);
    expect(exitOfOutcome('failed', 'overloaded')).toBe(EXIT.refused);
  });

  it('of a settled session follow its status, else its last turn', () => {
    expect(exitOfSummary({ status: 'waiting', lastOutcome: 'completed' })).toBe(EXIT.waiting);
    expect(exitOfSummary({ status: 'idle', lastOutcome: 'cancelled' })).toBe(EXIT.cancelled);
    expect(exitOfSummary({ status: 'idle' })).toBe(EXIT.done);
  });
});

describe('printFailure', () => {
  it('gives code, message and remedy, without what could move the cursor', () => {
    const err = memorySink();
    expect(printFailure(new CarrelError('conflict', 'no\u001b[2J way'), err, false)).toBe(EXIT.failed);
    expect(err.text()).toBe(`✗ carrel: conflict: no way\n  ${ERRORS.conflict.remedy}\n`);
  });

  it('calls anything else a bug of ours', () => {
    const err = memorySink();
    expect(printFailure(new TypeError('oops'), err, true)).toBe(EXIT.failed);
    expect(JSON.parse(err.text())).toEqual({ error: { code: 'internal', message: 'oops' } });
  });
});
