// Children on the command line: run without a key, asked about, answered from another process, and shown.
import { describe, expect, it } from 'vitest';
import type { InboxItem } from '../../src/host/index.ts';
import type { SessionEvent, SessionSummary } from '../../src/protocol/index.ts';
import { Desk, lines, WAYS } from './cli.ts';

const PRACTICE = ['-m', 'offline/practice'];
const list = (desk: Desk) => desk.json<{ readonly sessions: readonly SessionSummary[] }>(['list']);

describe('children', () => {
  it.each(WAYS)(
    'wait in the inbox with their lineage; the answer takes the whole family to its end, daemon: %s',
    async (way) => {
      using desk = new Desk(way);
      const asked = await desk.run(['run', ...PRACTICE, '-s', 'boss', 'spawn spawn write a.txt: hello']);
      expect(asked.code).toBe(4);
      const [item] = await desk.json<InboxItem[]>(['inbox']);
      expect(asked.stderr).toContain(`carrel approve ${item?.name ?? ''}`);
      expect((await desk.run(['inbox'])).stdout).toMatch(/boss \/ boss-\d+ \/ boss-\d+-\d+/);
      expect((await list(desk)).sessions.map(({ status }) => status)).toEqual([
        'waiting',
        'waiting',
        'waiting',
      ]);

      const answered = await desk.run(['approve', item?.name ?? '']);
      expect(answered.code).toBe(0);
      expect(answered.stderr).toContain('boss goes on');
      expect(desk.read('a.txt')).toBe('hello');
      expect((await list(desk)).sessions.map(({ lastOutcome }) => lastOutcome)).toEqual(
        Array.from({ length: 3 }, () => 'completed'),
      );
    },
  );

  it('are shown below the call that spawned them, listed, archived and deleted with it', async () => {
    using desk = new Desk();
    const plan = 'spawn spawn spawn say deep & spawn say beside';
    expect((await desk.run(['run', ...PRACTICE, '-s', 'boss', plan])).code).toBe(0);
    const { stdout: shown } = await desk.run(['show', 'boss']);
    expect(shown).toMatch(/^ {2}\| {3}\| {3}\| .*\bdeep$/m);
    const { stdout: markdown } = await desk.run(['export', 'boss']);
    expect(markdown).toMatch(/^> > > deep$/m);
    expect((await desk.run(['list'])).stdout).toMatch(/^boss [^]*^└ boss-[^]*^└── boss-[^]*^└──── boss-/m);
    const followed = desk.start(['follow', 'boss', '--children', '--from-start', '--json']);
    let output = '';
    await new Promise<void>((done) => {
      followed.child.stdout?.on('data', (chunk: Buffer) => {
        output += String(chunk);
        const whole = output.slice(0, output.lastIndexOf('\n') + 1);
        if (new Set(lines<SessionEvent>(whole).map(({ session }) => session)).size === 5) done();
      });
    });
    followed.child.kill('SIGINT');
    await followed.ended;
    /** The events that each session shows. */
    const once = async (...more: readonly string[]): Promise<Readonly<Record<string, number[]>>> => {
      const { code, stdout } = await desk.run(['follow', 'boss', '--children', '--once', '--json', ...more]);
      expect(code).toBe(0);
      const shown: Record<string, number[]> = {};
      for (const { session, seq } of lines<SessionEvent>(stdout)) (shown[session] ??= []).push(seq);
      return shown;
    };
    const whole = Object.entries(await once());
    expect(whole).toHaveLength(5);
    for (const [, seqs] of whole) expect(seqs).toEqual(seqs.map((_, n) => n + 1));
    const ends = whole.map(([session, seqs]) => [session, seqs.slice(-2)] as const);
    expect(await once('--last', '2')).toEqual(Object.fromEntries(ends));
    const both = await desk.run(['follow', 'boss', '--once', '--last', '2', '--from-start']);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('give one')]);
    expect((await desk.run(['archive', 'boss'])).code).toBe(0);
    expect((await list(desk)).sessions).toEqual([]);
    expect((await desk.run(['delete', 'boss', '--yes'])).code).toBe(0);
    expect(await desk.json(['list', '--all'])).toMatchObject({ sessions: [] });
  }, 90_000);

  it('hear who sends', async () => {
    using desk = new Desk();
    await desk.run(['run', ...PRACTICE, '-s', 'desk', 'say hi']);
    expect((await desk.run(['send', 'desk', '--from', 'nightly', 'say more'])).code).toBe(0);
    expect((await desk.run(['export', 'desk'])).stdout).toContain('## User (program nightly)');
  });
});
