// What the two SQLite drivers for Node cost on the statements that a store runs most, on the same schema and rows, turn about in
// one process: `node bench/sqlite-driver.ts [--json] [--rounds N] [--better-sqlite3 FOLDER]`. better-sqlite3 is not a dependency:
// it is measured when it can be found, in FOLDER (one where `npm install better-sqlite3` was run) or from here.
import { spawnSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

type Value = null | number | string | Uint8Array;

/** What both drivers have in common, and all that a store asks of one. */
interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: Value[]): unknown;
    get(...values: Value[]): unknown;
    all(...values: Value[]): unknown[];
  };
  close(): unknown;
}
type Open = (path: string) => Connection;
type DriverName = 'node:sqlite' | 'better-sqlite3';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    'better-sqlite3': { type: 'string', default: '.' },
    /** For the child that times a cold start. */
    cold: { type: 'string' },
    file: { type: 'string', default: '' },
  },
});
const ROUNDS = Number(values.rounds);
const require = createRequire(resolve(values['better-sqlite3'], 'package.json'));

const LOAD: Readonly<Record<DriverName, () => Open>> = {
  'node:sqlite': () => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    return (path) => new DatabaseSync(path);
  },
  'better-sqlite3': () => {
    const Database = require('better-sqlite3') as new (path: string) => Connection;
    return (path) => new Database(path);
  },
};

function drivers(): DriverName[] {
  try {
    require.resolve('better-sqlite3');
    return ['node:sqlite', 'better-sqlite3'];
  } catch {
    return ['node:sqlite'];
  }
}

const SESSIONS = 10_000;
const PAGE = 100;
/** Sessions that have something to write when a flush goes out. */
const GROUPS = 8;
/** Of one event and one list row, near the middle of what sessions hold. */
const BODY = JSON.stringify({
  seq: 1,
  at: 1_700_000_000_000,
  v: 1,
  type: 'text.ended',
  text: 'x'.repeat(300),
});
const SUMMARY = JSON.stringify({ session: 'ses_1', name: 'one', text: 'y'.repeat(600) });
const CHUNK = 'word '.repeat(20);
const HASH = new Uint8Array(32).fill(7);

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE sessions (no INTEGER PRIMARY KEY, session TEXT UNIQUE, seq INTEGER, hash BLOB, updated_at INTEGER, summary TEXT);
  CREATE INDEX newest ON sessions (updated_at DESC, session);
  CREATE TABLE events (id INTEGER PRIMARY KEY, no INTEGER, seq INTEGER, hash BLOB, body TEXT);
  CREATE UNIQUE INDEX in_order ON events (no, seq);
  CREATE TABLE chunks (id INTEGER PRIMARY KEY, no INTEGER, part TEXT, text TEXT);
`;

function fill(connection: Connection): void {
  connection.exec(`${SCHEMA} BEGIN`);
  const session = connection.prepare('INSERT INTO sessions VALUES (?, ?, 0, ?, ?, ?)');
  for (let no = 1; no <= SESSIONS; no++) session.run(no, `ses_${no}`, HASH, no, SUMMARY);
  const event = connection.prepare('INSERT INTO events (no, seq, hash, body) VALUES (?, ?, ?, ?)');
  for (let seq = 1; seq <= PAGE; seq++) for (let no = 1; no <= GROUPS; no++) event.run(no, seq, HASH, BODY);
  connection.exec('COMMIT');
}

/** One kind of work. `run` does it `times` times; what it is measured in is the time of one. */
interface Work {
  readonly name: string;
  readonly times: number;
  run(connection: Connection, times: number): void;
}

let nextSeq = PAGE + 1;

/** For each group its place, its row in the tail, its head. */
function flush(connection: Connection, times: number): void {
  const place = connection.prepare('SELECT no, seq, hash FROM sessions WHERE session = ?');
  const chunk = connection.prepare('INSERT INTO chunks (no, part, text) VALUES (?, ?, ?)');
  const head = connection.prepare('UPDATE sessions SET seq = ? WHERE no = ?');
  for (let i = 0; i < times; i++) {
    connection.exec('BEGIN IMMEDIATE');
    for (let group = 1; group <= GROUPS; group++) {
      const { no, seq } = place.get(`ses_${group}`) as { no: number; seq: number };
      chunk.run(no, 'prt_1', CHUNK);
      head.run(seq + 1, no);
    }
    connection.exec('COMMIT');
  }
}

const WORKS: readonly Work[] = [
  {
    name: `flush of ${GROUPS} groups, synced`,
    times: 40,
    run: flush,
  },
  {
    name: 'insert an event',
    times: 4_000,
    run(connection, times) {
      const event = connection.prepare('INSERT INTO events (no, seq, hash, body) VALUES (?, ?, ?, ?)');
      connection.exec('BEGIN');
      for (let i = 0; i < times; i++) event.run(GROUPS + 1, nextSeq++, HASH, BODY);
      connection.exec('ROLLBACK');
    },
  },
  {
    name: 'look up a session',
    times: 10_000,
    run(connection, times) {
      const place = connection.prepare('SELECT no, seq, hash FROM sessions WHERE session = ?');
      for (let i = 0; i < times; i++) place.get(`ses_${(i * 7919) % SESSIONS}`);
    },
  },
  {
    name: `read a page of ${PAGE} events`,
    times: 200,
    run(connection, times) {
      const page = connection.prepare(
        'SELECT body FROM events WHERE no = ? AND seq > 0 ORDER BY seq LIMIT ?',
      );
      for (let i = 0; i < times; i++) page.all((i % GROUPS) + 1, PAGE);
    },
  },
  {
    name: `list ${SESSIONS} sessions`,
    times: 2,
    run(connection, times) {
      const list = connection.prepare('SELECT summary FROM sessions ORDER BY updated_at DESC, session');
      for (let i = 0; i < times; i++) list.all();
    },
  },
];

interface Cost {
  readonly wallUs: number;
  readonly cpuUs: number;
}

function measure(work: () => void, times: number): Cost {
  const cpu = process.cpuUsage();
  const start = performance.now();
  work();
  const wallUs = ((performance.now() - start) * 1000) / times;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs, cpuUs: (user + system) / times };
}

/** What the disk takes for a flush without any database: as many bytes, one sync. */
function syncFloor(folder: string, times: number): Cost {
  const handle = openSync(join(folder, 'floor'), 'w');
  const bytes = new Uint8Array(3 * 4_120); // pages that a flush changes, as the log frames them
  const cost = measure(() => {
    for (let i = 0; i < times; i++) {
      writeSync(handle, bytes);
      fdatasyncSync(handle);
    }
  }, times);
  closeSync(handle);
  return cost;
}

/** In a process of its own: load the driver, open a filled file, answer one question. */
function cold(name: DriverName, file: string): Cost {
  const self = fileURLToPath(import.meta.url);
  const folder = values['better-sqlite3'];
  const args = [self, '--cold', name, '--file', file, '--better-sqlite3', folder];
  return JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout) as Cost;
}

function openCold(name: DriverName, file: string): void {
  const cost = measure(() => {
    const connection = LOAD[name]()(file);
    connection.prepare('SELECT summary FROM sessions ORDER BY updated_at DESC, session LIMIT 50').all();
  }, 1);
  console.log(JSON.stringify(cost));
}

function median(costs: readonly Cost[]): Cost {
  const middle = (of: (cost: Cost) => number): number =>
    costs.map(of).toSorted((a, b) => a - b)[Math.floor(costs.length / 2)] ?? Number.NaN;
  return { wallUs: middle(({ wallUs }) => wallUs), cpuUs: middle(({ cpuUs }) => cpuUs) };
}

interface Line extends Cost {
  readonly work: string;
  readonly driver: string;
}

function compare(folder: string): Line[] {
  const opened = drivers().map((name) => {
    const file = join(folder, `${name.replace(':', '-')}.db`);
    const connection = LOAD[name]()(file);
    fill(connection);
    return { name, file, connection };
  });
  const lines: Line[] = [];
  for (const { name, times, run } of WORKS) {
    const costs = new Map<string, Cost[]>(opened.map((driver) => [driver.name, []]));
    for (let round = 0; round < ROUNDS; round++)
      for (const driver of opened)
        costs.get(driver.name)?.push(measure(() => run(driver.connection, times), times));
    for (const [driver, all] of costs) lines.push({ work: name, driver, ...median(all) });
  }
  const floors = Array.from({ length: ROUNDS }, () => syncFloor(folder, 40));
  lines.splice(opened.length, 0, {
    work: 'the same, written and synced without SQLite',
    driver: 'floor',
    ...median(floors),
  });
  for (const { connection } of opened) connection.close();
  for (const { name, file } of opened) {
    const all = Array.from({ length: ROUNDS }, () => cold(name, file));
    lines.push({ work: 'load, open, first page of the list', driver: name, ...median(all) });
  }
  return lines;
}

function print(lines: readonly Line[]): void {
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}, median of ${ROUNDS} rounds, µs each`,
  );
  console.log(`| work | driver | wall | CPU |\n|---|---|---|---|`);
  for (const { work, driver, wallUs, cpuUs } of lines)
    console.log(`| ${work} | ${driver} | ${wallUs.toFixed(1)} | ${cpuUs.toFixed(1)} |`);
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-bench-'));
  try {
    const lines = compare(folder);
    if (values.json) console.log(JSON.stringify({ node: process.version, rounds: ROUNDS, lines }));
    else print(lines);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.cold === undefined) main();
else openCold(values.cold as DriverName, values.file);
