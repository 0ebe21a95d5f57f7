import { expect, it } from 'vitest';
import { asCommand, BUSY, call, play, reasoning, send, text, type Answer } from './fixtures.ts';
import { renderMarkdown, summaryOf, type MarkdownOptions } from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';

const ESC = '\u001b';

function render(
  answers: readonly Answer[],
  drive: (self: Interpreter) => unknown = () => undefined,
  options: MarkdownOptions = {},
): string {
  const { state, journal } = play({ answers, drive });
  return renderMarkdown(summaryOf(state), journal, options);
}

it('shows who said what, and when', () => {
  expect(render([[reasoning('hm'), text('hello')]])).toBe(
    `# hi

Session one (ses_1) · test/model · /work · idle

## User
<sub>1970-01-01T00:00:01.000Z · #4</sub>

hi

## Assistant
<sub>1970-01-01T00:00:01.000Z · #5</sub>

<details><summary>Reasoning</summary>

hm

</details>

hello
`,
  );
});

it('says what was interrupted, and of each call how it ended', () => {
  const shown = render([[call('a'), call('b', { does: 'error' })], { failed: BUSY, shown: 'hel' }]);
  expect(shown).toContain('**a** `{"may":"allow","does":"ok","path":""}` → ok');
  expect(shown).toContain('→ error\n\n```\nerror\n```');
  expect(shown).toContain('hel\n\n*(interrupted)*');
});

it('names the source of what came from elsewhere', () => {
  const shown = render([], (self) => [
    self.submit(send('two', { source: { kind: 'program', name: 'cron' } })),
    self.submit(asCommand({ type: 'context/add', role: 'note', text: 'mind' })),
  ]);
  expect(shown).toContain('## User (program cron)\n');
  expect(shown).toContain('## Note\n');
});

it.each([
  ['no backticks', 'plain', '`', '```'],
  ['a code span', 'a `b` c', '``', '```'],
  ['a fence', '```js\nx\n```', '````', '````'],
  ['many', '`````', '``````', '``````'],
])('fences %s with more backticks than there are inside', (_what, path, span, fence) => {
  const { state, journal } = play({ answers: [[call('a', { path })]] });
  const finished = journal.map((event) =>
    event.type === 'tool.finished'
      ? { ...event, data: { ...event.data, output: { text: path, bytes: 1 } } }
      : event,
  );
  const shown = renderMarkdown(summaryOf(state), finished);
  expect(shown).toContain(`**a** ${span}{`);
  expect(shown).toContain(`}${span} → ok`);
  expect(shown).toContain(`\n${fence}\n${path}\n${fence}\n`);
});

it('shows no control characters, whoever sent them', () => {
  const evil = `${ESC}[31mred${ESC}]0;title\u0007\u202e\u0000`;
  const file = { name: evil, mediaType: evil, blob: '0'.repeat(64), bytes: 1 };
  const shown = render([[reasoning(evil), text(evil), call(evil, { path: evil })]], (self) =>
    self.submit(send(evil, { id: 'cmd_evil', source: { kind: 'program', name: evil }, attachments: [file] })),
  );
  expect(shown).toContain('red');
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

it('keeps a title and the name of a tool on their line', () => {
  const shown = render([[call('a\n# b')]], (self) =>
    self.submit(asCommand({ type: 'session/rename', title: 'one\n# two' })),
  );
  expect(shown).toMatch(/^# one # two\n/);
  expect(shown).toContain('**a # b**');
});

it('cuts long output, and says so', () => {
  expect(render([[call('a')]], undefined, { outputLimit: 1 })).toContain('o\n… (1 more characters)');
});
