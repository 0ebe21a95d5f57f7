import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { homeAt, type Home } from '../config/index.ts';
import { codeOf } from '../protocol/index.ts';
import { lockFile } from './file-lock.ts';
import { KnownTokens } from './known-tokens.ts';
import { createToken, listTokens, ownerToken, revokeToken, rotateToken } from './tokens.ts';

const HOUR = 3_600_000;
let home: Home;
let clock: { time: number; now: () => number };

beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), 'carrel-tokens-')));
  clock = { time: 1000, now: () => clock.time };
});
afterEach(() => rmSync(home.dataFolder, { recursive: true }));

/** Whose it is, while it counts. */
function holder(known: KnownTokens, secret: string): string | undefined {
  known.refresh();
  const identity = known.find(secret);
  return identity === undefined || known.endOf(identity) !== undefined ? undefined : identity.name;
}

it.each(['owner', 'bot'])('rotates %s: the old one counts for its grace, the new one from now on', (name) => {
  const known = new KnownTokens(home, clock);
  const old = name === 'owner' ? ownerToken(home) : createToken(home, { name, scopes: ['observe'] }, 0);
  known.refresh();
  const before = known.find(old);
  const next = rotateToken(home, { name, graceMs: HOUR }, clock.time);
  expect(next).not.toBe(old);
  expect([holder(known, old), holder(known, next)]).toEqual([name, name]);
  expect(known.endOf(before ?? { name: '', scopes: [] })).toBeUndefined();
  clock.time += HOUR;
  expect([holder(known, old), holder(known, next)]).toEqual([undefined, name]);
  expect(known.endOf(before ?? { name: '', scopes: [] })).toContain('replaced');
  expect(readFileSync(home.tokens, 'utf8')).not.toContain(old);
});

it('keeps scopes, sessions and expiry over a rotation; an old one does not outlive them', () => {
  const request = { name: 'bot', scopes: ['prompt' as const], sessions: ['ses_a'], expiresAt: 5000 };
  const old = createToken(home, request, 0);
  const next = rotateToken(home, { name: 'bot', graceMs: HOUR }, clock.time);
  const known = new KnownTokens(home, clock);
  for (const secret of [old, next]) expect(known.find(secret)).toMatchObject(request);
  clock.time = 5000;
  expect([holder(known, old), holder(known, next)]).toEqual([undefined, undefined]);
  expect(codeOf(trying(() => rotateToken(home, { name: 'bot', graceMs: 1 }, clock.time)))).toBe('conflict');
});

it('ends every older one when no grace is given, and bounds how many there are', () => {
  const known = new KnownTokens(home, clock);
  const secrets = [ownerToken(home)];
  for (let i = 0; i < 8; i++) secrets.push(rotateToken(home, { name: 'owner', graceMs: HOUR }, clock.time));
  expect(secrets.map((secret) => holder(known, secret))).toEqual(secrets.map(() => 'owner'));
  expect(codeOf(trying(() => rotateToken(home, { name: 'owner', graceMs: HOUR }, clock.time)))).toBe(
    'limit_reached',
  );
  const last = rotateToken(home, { name: 'owner', graceMs: 0 }, clock.time);
  expect(secrets.map((secret) => holder(known, secret))).toEqual(secrets.map(() => undefined));
  expect(holder(known, last)).toBe('owner');
});

it('revokes with all that a rotation left', () => {
  const old = createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
  const next = rotateToken(home, { name: 'bot', graceMs: HOUR }, clock.time);
  revokeToken(home, 'bot');
  const known = new KnownTokens(home, clock);
  expect([holder(known, old), holder(known, next)]).toEqual([undefined, undefined]);
});

it('leaves one that counts wherever a rotation is cut short', () => {
  const old = ownerToken(home);
  // Cut between the two files: the grace of the old one is written, and it is still the one in its file.
  rotateToken(home, { name: 'owner', graceMs: 10 }, clock.time);
  writeFileSync(home.token, `${old}\n`);
  const known = new KnownTokens(home, clock);
  clock.time += HOUR;
  expect(holder(known, old)).toBe('owner');
  const next = rotateToken(home, { name: 'owner', graceMs: HOUR }, clock.time);
  expect([holder(known, old), holder(known, next)]).toEqual(['owner', 'owner']);
});

function becomeLink(path: string): void {
  renameSync(path, `${path}.real`);
  symlinkSync(`${path}.real`, path);
}

function becomeFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

const INSECURE: readonly (readonly [string, (path: string) => void, string])[] = [
  ['that others can read', (path) => chmodSync(path, 0o640), '640'],
  ['that others can write', (path) => chmodSync(path, 0o602), '602'],
  ['that is a link', becomeLink, 'a link'],
  ['that is a folder', becomeFolder, 'ordinary'],
];

it.each(INSECURE)(
  'refuses a file %s, of the owner and of the named, and changes nothing',
  (_what, spoil, why) => {
    const secret = createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
    const owner = ownerToken(home);
    const known = new KnownTokens(home, clock);
    spoil(home.tokens);
    const refused = trying(() => listTokens(home));
    expect([codeOf(refused), String(refused)]).toEqual(['forbidden', expect.stringContaining(why)]);
    expect(String(refused)).not.toContain(secret);
    for (const change of [
      () => createToken(home, { name: 'other', scopes: ['observe'] }, 0),
      () => revokeToken(home, 'bot'),
      () => rotateToken(home, { name: 'bot', graceMs: 1 }, 0),
      () => rotateToken(home, { name: 'owner', graceMs: 1 }, 0),
      () => known.refresh(),
    ])
      expect(codeOf(trying(change))).toBe('forbidden');
    expect([known.find(secret), known.find(owner)?.name]).toEqual([undefined, 'owner']);
    spoil(home.token);
    expect(codeOf(trying(() => ownerToken(home)))).toBe('forbidden');
    expect(codeOf(trying(() => known.refresh()))).toBe('forbidden');
    expect(known.find(owner)).toBeUndefined();
  },
);

it.runIf(process.getuid?.() === 0)('refuses a file of another user', async () => {
  const { chownSync } = await import('node:fs');
  ownerToken(home);
  chownSync(home.token, 65_534, 65_534);
  expect(String(trying(() => ownerToken(home)))).toContain('belongs to user 65534');
});

it('refuses more tokens than a file holds that can be read again', () => {
  const sessions = Array.from({ length: 4000 }, (_, n) => `ses_${String(n).padStart(60, '0')}`);
  const request = (name: string) => ({ name, scopes: ['observe' as const], sessions });
  createToken(home, request('a'), 0);
  expect(codeOf(trying(() => createToken(home, request('b'), 0)))).toBe('limit_reached');
  expect(listTokens(home).map(({ name }) => name)).toEqual(['a']);
});

it('changes one at a time, and takes the lock of a process that died in it', () => {
  const dead = spawnSync(process.execPath, ['-e', '0']).pid;
  writeFileSync(`${home.tokens}.lock`, String(dead));
  createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
  expect(existsSync(`${home.tokens}.lock`)).toBe(false);
  const held = lockFile(`${home.tokens}.lock`);
  const other = `import { lockFile } from ${JSON.stringify(new URL('./file-lock.ts', import.meta.url).href)};
    lockFile(${JSON.stringify(`${home.tokens}.lock`)}); process.stdout.write('held');`;
  const args = ['--input-type=module', '-e', other];
  const waited = spawnSync(process.execPath, args, { timeout: 1500, encoding: 'utf8' });
  expect(waited.stdout).toBe('');
  held[Symbol.dispose]();
  expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toBe('held');
});

function trying(action: () => unknown): unknown {
  try {
    return { done: action() };
  } catch (error) {
    return error;
  }
}
