// What two processes do at once to the files that they share, and what nobody else may get at meanwhile.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { homeAt, type Home } from '../config/index.ts';
import { checkAudit } from './audit-check.ts';
import { openInside } from './fixtures.ts';
import { listenLocally } from './local-socket.ts';
import { listTokens } from './tokens.ts';

const TIMES = 10;
let home: Home;

beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), 'carrel-races-')));
});
afterEach(() => rmSync(home.dataFolder, { recursive: true }));

const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** Runs the work in two processes that begin at the same time; `me` is `a` or `b`. */
async function twice(imports: string, work: string): Promise<void> {
  const code = (me: string): string => `${imports}
    const [me, home, times] = ['${me}', ${JSON.stringify(home)}, ${String(TIMES)}];
    process.stdin.once('data', async () => { ${work}; process.exit(0); });
    process.stdout.write('ready');`;
  const start = (me: string): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '-e', code(me)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 60_000,
    });
  const both = [start('a'), start('b')];
  const ended = both.map((child) => once(child, 'exit'));
  await Promise.all(both.map((child) => once(child.stdout ?? child, 'data')));
  for (const child of both) child.stdin?.write('go');
  expect(await Promise.all(ended)).toEqual([
    [0, null],
    [0, null],
  ]);
}

const deadPid = (): string => String(spawnSync(process.execPath, ['-e', '0']).pid);

it('loses no token that one of two processes makes', async () => {
  writeFileSync(`${home.tokens}.lock`, deadPid());
  const make = "createToken(home, { name: me + String(n), scopes: ['observe'] }, 0)";
  await twice(
    `import { createToken } from ${module('./tokens.ts')};`,
    `for (let n = 0; n < times; n++) ${make}`,
  );
  const wanted = ['a', 'b'].flatMap((me) => Array.from({ length: TIMES }, (_, n) => `${me}${String(n)}`));
  expect(
    listTokens(home)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(wanted.toSorted());
  expect(readdirSync(home.dataFolder).filter((name) => name.includes('.lock'))).toEqual([]);
});

it('keeps the chain of the log whole that two processes write, also when they find the lock of a dead one', async () => {
  writeFileSync(`${home.audit}.lock`, deadPid());
  await twice(
    `import { openAudit } from ${module('./audit.ts')};
     import { systemClock } from ${module('../base/index.ts')};
     const audit = (path) => openAudit(path, systemClock);`,
    `const log = audit(home.audit);
     for (let n = 0; n < times; n++) await log.write({ who: me, what: String(n), result: 'ok' })`,
  );
  expect(await checkAudit(home.audit)).toMatchObject({ lines: 2 * TIMES, broken: [] });
  const lines = readFileSync(home.audit, 'utf8').trim().split('\n');
  for (const me of ['a', 'b']) {
    const own = lines.map((line) => JSON.parse(line) as { who: string; what: string });
    expect(own.filter(({ who }) => who === me).map(({ what }) => Number(what))).toEqual(
      Array.from({ length: TIMES }, (_, n) => n),
    );
  }
});

it('makes its socket where nobody else gets, and shows it when only its owner may open it', async () => {
  await using inside = await openInside();
  const wanted = join(home.dataFolder, 'run', 'daemon.sock');
  const opening = listenLocally(inside.shared, wanted);
  // It is bound by now; what others see of it until it has its rights is a folder that they may not enter.
  expect(existsSync(wanted)).toBe(false);
  const made = readdirSync(dirname(wanted)).map((name) => lstatSync(join(dirname(wanted), name)));
  expect(made.map((one) => [one.isDirectory(), one.mode & 0o777])).toEqual([[true, 0o700]]);
  await using listening = await opening;
  expect([listening.address, lstatSync(wanted).mode & 0o777]).toEqual([wanted, 0o600]);
  expect(readdirSync(dirname(wanted))).toEqual(['daemon.sock']);
});
