import { describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { Client } from '../client/index.ts';
import { openTestHost, testTool, type TestHost, type TestHostOptions } from '../testing/index.ts';
import { builtinTools } from '../tool/index.ts';
import { drive, type Drive } from './drive.ts';
import { EXIT } from './exit.ts';
import { testTerminal, type TestTerminal } from './fixtures.ts';
import { textView } from './render/text-view.ts';
import { sendInput } from './work.ts';

const write = testTool({ name: 'write', access: 'write', run: () => 'written' });
const callWrite = [{ call: 'write', args: { path: 'a.txt' } }] as const;

async function open(
  options: TestHostOptions,
  terminal: TestTerminal,
): Promise<{ test: TestHost; work: Drive }> {
  const test = await openTestHost(options);
  const client = new Client(test.link());
  const session = client.session((await test.session({ name: 'desk' })).id);
  const work: Drive = {
    client,
    session,
    name: 'desk',
    terminal,
    view: textView(terminal),
    tell: (_mark, text) => terminal.err.write(`${text}\n`),
    interactive: terminal.interactive,
    begin: () => sendInput(session, 'do it'),
  };
  return { test, work };
}

describe('drive', () => {
  it('ends with the turn, and a pipe gets the answer alone', async () => {
    const terminal = testTerminal();
    const answers = [[{ text: 'Let me look.' }, ...callWrite], [{ text: 'All is well.' }]];
    const { test, work } = await open({ answers, tools: [write] }, terminal);
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.done);
    expect(terminal.out.text()).toBe('All is well.\n');
    expect(terminal.err.text()).toContain('Let me look.');
    expect(terminal.err.text()).toContain('✓ write a.txt');
  });

  it('asks for a child too, again for each of its questions, and says whose they are', async () => {
    const terminal = testTerminal({ answers: ['y', 'y'], terminal: true });
    const spawn = [{ call: 'spawn', args: { prompt: 'dig', name: 'digger' } }] as const;
    const answers = [spawn, callWrite, callWrite, [{ text: 'dug' }], [{ text: 'All is well.' }]];
    const tools = [write, ...builtinTools().filter(({ kind }) => kind === 'spawn')];
    const { test, work } = await open({ answers, tools, profile: { mode: 'ask' } }, terminal);
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.done);
    expect(terminal.out.text()).toBe('All is well.\n');
    expect(terminal.err.text().match(/\? digger: write/g)).toHaveLength(2);
  });

  it('says how to answer where nobody can, and leaves the call waiting', async () => {
    const terminal = testTerminal();
    const { test, work } = await open(
      { answers: [callWrite], tools: [write], profile: { mode: 'ask' } },
      terminal,
    );
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.waiting);
    expect(terminal.err.text()).toContain('carrel approve desk, carrel deny desk\n');
    expect((await work.session.summary()).status).toBe('waiting');
  });

  const answered: readonly (readonly [string, readonly string[], string])[] = [
    ['allowed once', ['y'], 'ok'],
    ['allowed after its details', ['d', 'what?', 'y'], 'ok'],
    ['denied with a reason', ['n', 'not today'], 'denied'],
  ];
  it.each(answered)('takes the answer of the person at the terminal: %s', async (_what, typed, status) => {
    const terminal = testTerminal({ answers: typed, terminal: true });
    const options = {
      answers: [callWrite, [{ text: 'Done.' }]],
      tools: [write],
      profile: { mode: 'ask' },
    } as const;
    const { test, work } = await open(options, terminal);
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.done);
    const { events } = await test.store.read('local', work.session.id, { limit: 100 });
    expect(events.find((event) => event.type === 'tool.finished')?.data).toMatchObject({ status });
  });

  it('leaves the call waiting when the input ends at the question', async () => {
    const terminal = testTerminal({ terminal: true });
    const { test, work } = await open(
      { answers: [callWrite], tools: [write], profile: { mode: 'ask' } },
      terminal,
    );
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.waiting);
  });

  it('cancels the turn on Ctrl-C, also at a question', async () => {
    const terminal = testTerminal({ answers: ['^C'], terminal: true });
    const { test, work } = await open(
      { answers: [callWrite], tools: [write], profile: { mode: 'ask' } },
      terminal,
    );
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.cancelled);
    expect((await work.session.summary()).lastOutcome).toBe('cancelled');
  });

  it('leaves at the second Ctrl-C, whatever still runs', async () => {
    const terminal = testTerminal();
    const running = deferred<void>();
    const hung = deferred<string>();
    const hang = testTool({
      name: 'write',
      run: () => {
        running.resolve();
        return hung.promise;
      },
    });
    const { test, work } = await open({ answers: [callWrite], tools: [hang] }, terminal);
    await using _test = test;
    const exit = drive(work);
    await running.promise;
    terminal.interrupt();
    terminal.interrupt();
    expect(await exit).toBe(EXIT.cancelled);
    hung.resolve('late');
  });

  it('ends quietly when nobody reads any more', async () => {
    const terminal = testTerminal();
    const { test, work } = await open({ answers: [[{ silence: true }]] }, terminal);
    await using _test = test;
    const exit = drive(work);
    terminal.leave();
    expect(await exit).toBe(EXIT.done);
  });

  it('fails with a turn that fails', async () => {
    const terminal = testTerminal();
    const { test, work } = await open({ answers: [[{ fail: { message: 'no such luck' } }]] }, terminal);
    await using _test = test;
    expect(await drive(work)).toBe(EXIT.failed);
    expect(terminal.err.text()).toContain('no such luck');
  });
});
