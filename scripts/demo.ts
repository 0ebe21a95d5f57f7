// Many sessions at work in one host, which is killed with -9 in the middle of their answers and opened again. Of the others one is
// cancelled in the middle of its tool, one has two children, one is stopped by its budget, and three wait for an approval. Exits 1
// when a claim it makes of that is not true.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InboxItem } from '../src/protocol/index.ts';
import { PLAYERS, TELLERS } from './demo/cast.ts';
import { checkClaims, keptText, outcomes, type Evidence } from './demo/claims.ts';
import { readJournals } from './demo/journals.ts';
import { say, table } from './demo/show.ts';
import { startHost, watchUntilKilled } from './demo/watch.ts';

const ROOT = join(import.meta.dirname, '..');
/** Characters of a line that are shown. */
const LINE = 110;

const base = mkdtempSync(join(tmpdir(), 'carrel-demo-'));
const [folder, home, transcripts] = ['project', 'home', 'transcripts'].map((name) => join(base, name)) as [
  string,
  string,
  string,
];
cpSync(join(ROOT, 'examples', 'sample-project'), folder, { recursive: true });
mkdirSync(transcripts);
const many = String(TELLERS.length);

say(
  `Sessions of the practice model (no AI, but the real tools) work in one process on a copy of a small project in\n${folder}\n`,
);
const shown = await watchUntilKilled(home, folder);
say(`  tellers  ${many} more sessions stream their answers: ${some(shown.get('teller-1')?.text ?? '')}`);
say(`\n  kill -9: the process is gone, in the middle of ${many} answers. The next one takes them up.\n`);
await once(startHost(home, folder, 'again'), 'exit');
const inbox = JSON.parse(carrel('inbox', '--json')) as readonly InboxItem[];
show('inbox');
for (const { name } of inbox) show('approve', name);
show('continue', 'spender', '--raise', 'session.steps=10');
report({ folder, inbox, shown, journals: await readJournals(home) });

function carrel(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin', 'carrel.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    // Each in its own process: a daemon would outlive the demonstration.
    env: { ...process.env, CARREL_HOME: home, CARREL_DAEMON: 'off', NO_COLOR: '1' },
  });
  if (status !== 0 && status !== 4) say(stderr);
  return stdout;
}

/** Runs a command as someone would type it, and shows what it answers. */
function show(...args: string[]): void {
  say(`  $ carrel ${args.join(' ')}`);
  const lines = carrel(...args)
    .trim()
    .split('\n');
  for (const line of lines.filter((each) => each !== ''))
    say(`    ${line.length > LINE ? `${line.slice(0, LINE - 1)}…` : line}`);
}

function some(text: string): string {
  return `${text.slice(0, 50)}… (${String(text.length)} characters so far)`;
}

function report(found: Evidence): void {
  const [told, kept] = [
    [...shown.values()].map(({ text }) => text),
    TELLERS.map(({ name }) => keptText(journal(name))),
  ];
  const calls = (name: string): string => outcomes(journal(name)).join(' ');
  say(
    `\n${table([
      ['session', 'what happened', 'calls', 'kept over the kill'],
      ['runner', 'cancelled in mid-tool', calls('runner'), 'the result before the cancel'],
      ['mender', 'waited, approved after the kill', calls('mender'), 'the question'],
      ['lead', 'waited for two children', calls('lead'), 'their questions'],
      ['spender', 'stopped by its budget, raised', calls('spender'), 'what was spent'],
      [
        `${many} tellers`,
        'killed in mid-answer, taken up',
        '–',
        `${length(kept)} of ${length(told)} characters shown`,
      ],
    ])}\n`,
  );
  const claims = checkClaims(found);
  for (const { text, holds } of claims) say(`  ${holds ? '✓' : '✗'} ${text}`);
  say('');
  for (const name of [...Object.keys(PLAYERS), 'teller-1']) {
    const file = join(transcripts, `${name}.md`);
    writeFileSync(file, carrel('export', name));
    say(`  transcript: ${file}`);
  }
  say(
    `\nThe same on your own folder and model:\n  cd your-folder\n  ${join(ROOT, 'bin', 'carrel')} setup\n  ${join(ROOT, 'bin', 'carrel')} run 'What is this project about?'`,
  );
  process.exitCode = claims.every(({ holds }) => holds) ? 0 : 1;

  function journal(name: string) {
    return found.journals.get(name) ?? [];
  }
}

function length(texts: readonly string[]): string {
  return String(texts.join('').length);
}
