// Homes, engines and other processes for the tests of this store.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeGroup } from '../encode.ts';
import type { AppendGroup } from '../port.ts';
import { openNodeDatabase, type OpenDatabase } from './driver.ts';
import { Engine } from './engine.ts';
import { prepareHome, type Home } from './home.ts';
import { migrate } from './migrate.ts';
import { openForWriting } from './open.ts';
import type { Request } from './requests.ts';

const folders: string[] = [];

/** Removed by `removeTemporaryFolders`. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-store-'));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A home with an empty store in it. */
export async function freshHome(folder = temporaryFolder()): Promise<Home> {
  const home = await prepareHome(folder);
  const connection = openForWriting(home.database, openNodeDatabase);
  migrate(connection, home.database);
  connection.close();
  return home;
}

export function engineOn({ database }: Home, open: OpenDatabase = openNodeDatabase): Engine {
  return new Engine(database, () => openForWriting(database, open));
}

export function appends(...groups: readonly AppendGroup[]): Request[] {
  return groups.map((group) => ({ change: 'append', needs: { group: encodeGroup(group) } }));
}

export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** The next line that it prints; undefined when it has ended. */
  line(): Promise<string | undefined>;
  say(text: string): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Another Node, with these flags too, that runs `script`, a module in JavaScript; `from(path)` in it imports a module of this folder. */
export function startChild(script: string, flags: readonly string[] = []): Child {
  const base = JSON.stringify(new URL('./', import.meta.url).href);
  const source = `const from = (path) => import(new URL(path, ${base}).href);\n${script}`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    line: async () => {
      const { done, value } = await lines.next();
      return done === true ? undefined : value;
    },
    say: (text) => void child.stdin.write(`${text}\n`),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
