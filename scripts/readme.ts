// Types what the README and the guides tell a reader to type, block by block, in a folder and a home of their own, and
// compares exit codes. Where they speak of a model server of the reader, one on loopback answers.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { misspelt, runnableBlocks, type Block } from './readme/blocks.ts';

/** The server that the documents speak of. */
const DOCUMENTED = 'http://127.0.0.1:8080';
/** Longest time of one block. */
const BLOCK_MS = 60_000;

const ROOT = resolve(import.meta.dirname, '..');
const documents = ['README.md', ...globSync('docs/guides/*.md').toSorted()];

/** Starts the provider server; resolves with its address when it answers. */
async function startServer(): Promise<{ url: string; [Symbol.dispose](): void }> {
  const child = spawn(process.execPath, ['src/testing/provider-server/main.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
  if (url === undefined) throw new Error(`the provider server did not say where it is, but: ${line}`);
  return { url, [Symbol.dispose]: () => void child.kill() };
}

/** Runs the blocks of one document in order, in one folder. Answers with what went otherwise than it says. */
function play(document: string, blocks: readonly Block[], serverUrl: string): string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'carrel-readme-'));
  const [bin, folder] = [join(scratch, 'bin'), join(scratch, 'project')];
  mkdirSync(bin);
  mkdirSync(folder);
  symlinkSync(join(ROOT, 'bin/carrel'), join(bin, 'carrel'));
  copyFileSync('README.md', join(folder, 'README.md'));
  spawnSync('git', ['init', '--quiet'], { cwd: folder });
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: scratch,
    CARREL_HOME: join(scratch, 'home'),
  };
  const wrong = blocks.flatMap(({ line, script, exit }) => {
    const text = script.replaceAll(DOCUMENTED, serverUrl);
    console.log(`-- ${document}:${line}\n${text.trimEnd()}`);
    const done = spawnSync('sh', ['-eu', '-c', text], {
      cwd: folder,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: BLOCK_MS,
    });
    const ended = done.status ?? done.signal;
    return ended === exit ? [] : [`${document}:${line} ended with ${String(ended)}, not ${exit}`];
  });
  rmSync(scratch, { recursive: true, force: true });
  return wrong;
}

using server = await startServer();
let count = 0;
const wrong = documents.flatMap((document) => {
  const text = readFileSync(document, 'utf8');
  const blocks = runnableBlocks(text);
  count += blocks.length;
  const slips = misspelt(text).map(
    (line) => `${document}:${line} says run, but not as "sh run" or "sh run exit=N"`,
  );
  return [...slips, ...play(document, blocks, server.url)];
});
for (const line of wrong) console.error(line);
console.log(`documents: ${count} blocks ran, ${wrong.length} wrong`);
if (count === 0 || wrong.length > 0) process.exitCode = 1;
