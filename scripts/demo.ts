// Three sessions at work at once; one is killed with -9 in the middle of its answer and continued, one is cancelled in the middle
// of its tool, one waits for an approval and gets it. Exits 1 when a claim it makes of that is not true.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SessionEvent, ViewItem } from '../src/protocol/index.ts';
import { PLAYERS } from './demo/cast.ts';
import { checkClaims, keptText, outcomes, type Evidence } from './demo/claims.ts';
import { lineOf, say, table } from './demo/show.ts';

const ROOT = join(import.meta.dirname, '..');
/** Characters of the answer that are shown before the kill. */
const SHOWN_BEFORE_KILL = 300;
/** The claim is about text this old at the kill, ms: ten times what is promised, because a shared disk may be slow to sync. */
const OLD_ENOUGH_MS = 1_000;

interface Seen {
  readonly text: string;
  readonly before: string;
}

const base = mkdtempSync(join(tmpdir(), 'carrel-demo-'));
const [folder, home, transcripts] = ['project', 'home', 'transcripts'].map((name) => join(base, name)) as [
  string,
  string,
  string,
];
cpSync(join(ROOT, 'examples', 'sample-project'), folder, { recursive: true });
mkdirSync(transcripts);

say(
  `Three sessions of the practice model (no AI, but the real tools) work on a copy of a small project in\n${folder}\n`,
);
const seen = await workUntilKilled();
say(
  `\n  kill -9: the host is gone, in the middle of the reader's answer. The next two commands take the turns on.\n`,
);
carrel('continue', 'reader');
carrel('approve', 'mender');
const evidence: Evidence = {
  folder,
  reader: events('reader'),
  runner: events('runner'),
  mender: events('mender'),
  seen: seen.text,
  seenBefore: seen.before,
};
report(evidence);

/** Runs the three in one process, shows what they do, and kills it when the reader has said enough. */
async function workUntilKilled(): Promise<Seen> {
  const host = spawn(process.execPath, [join(import.meta.dirname, 'demo', 'host.ts'), home, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const gone = new Promise((resolve) => host.once('exit', resolve));
  const told: { at: number; text: string }[] = [];
  let text = '';
  for await (const line of createInterface({ input: host.stdout })) {
    const { name, item } = JSON.parse(line) as { name: string; item: ViewItem };
    const shown = lineOf(name, item);
    if (shown !== undefined) say(shown);
    if (name !== PLAYERS.reader.name || item.type !== 'delta' || item.seq < 1) continue;
    text = item.offset === 0 ? item.text : text + item.text;
    told.push({ at: performance.now(), text });
    if (text.length < SHOWN_BEFORE_KILL) continue;
    host.kill('SIGKILL');
    break;
  }
  await gone;
  say(`  reader   … ${text.slice(0, 70)}… (${String(text.length)} characters so far)`);
  const oldest = performance.now() - OLD_ENOUGH_MS;
  return { text, before: told.findLast(({ at }) => at < oldest)?.text ?? '' };
}

function carrel(...args: string[]): string {
  const shown = args[0] === 'events' || args[0] === 'export';
  if (!shown) say(`  $ carrel ${args.join(' ')}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin', 'carrel.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CARREL_HOME: home, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) say(stderr);
  if (!shown)
    for (const line of stdout.trim().split('\n'))
      say(`    ${line.length > 90 ? `${line.slice(0, 89)}…` : line}`);
  return stdout;
}

function events(name: string): readonly SessionEvent[] {
  const lines = carrel('events', name, '--json').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as SessionEvent);
}

function report(found: Evidence): void {
  const kept = keptText(found.reader);
  say(
    `\n${table([
      ['session', 'what happened', 'calls', 'kept'],
      [
        'reader',
        'killed in mid-answer, continued',
        outcomes(found.reader).join(' '),
        `${String(kept.length)} of ${String(found.seen.length)} characters shown`,
      ],
      ['runner', 'cancelled in mid-tool', outcomes(found.runner).join(' '), 'the result before the cancel'],
      ['mender', 'waited, approved after the kill', outcomes(found.mender).join(' '), 'the question'],
    ])}\n`,
  );
  const claims = checkClaims(found);
  for (const { text, holds } of claims) say(`  ${holds ? '✓' : '✗'} ${text}`);
  say('');
  for (const name of Object.keys(PLAYERS)) {
    const file = join(transcripts, `${name}.md`);
    writeFileSync(file, carrel('export', name));
    say(`  transcript: ${file}`);
  }
  say(
    `\nThe same on your own folder and model:\n  cd your-folder\n  ${join(ROOT, 'bin', 'carrel')} setup\n  ${join(ROOT, 'bin', 'carrel')} run 'What is this project about?'`,
  );
  process.exitCode = claims.every(({ holds }) => holds) ? 0 : 1;
}
