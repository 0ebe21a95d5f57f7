// Types what the README and the guides tell a reader to type, block by block, in a folder and a home of their own, and
// compares exit codes. Where they speak of a model server of the reader, one on loopback answers.
import { spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { homeHolder } from '../src/store/index.ts';
import { byRound, startProviderServer, type ProviderServer } from '../src/testing/index.ts';
import { misspelt, runnableBlocks, type Block } from './readme/blocks.ts';

/** The server that the documents speak of, its key, and the variable that holds it. */
const DOCUMENTED = 'http://127.0.0.1:8080';
const KEY = 'LOCAL_KEY';
const KEY_VALUE = 'sk-1234';
/** Longest time of one block. */
const BLOCK_MS = 60_000;

const ROOT = resolve(import.meta.dirname, '..');

/** A model that looks around once, then answers. */
const ANSWERS = byRound([
  [{ call: { tool: 'list', args: { path: '.' } } }],
  [{ text: 'A small project with a README.', pieces: 5 }, { usage: { input: 120, output: 9 } }],
]);

/** A folder with a little project in it, `carrel` in the path, and nothing of the machine's own settings. */
function openScratch() {
  const scratch = mkdtempSync(join(tmpdir(), 'carrel-readme-'));
  const [bin, folder] = [join(scratch, 'bin'), join(scratch, 'project')];
  mkdirSync(bin);
  mkdirSync(folder);
  symlinkSync(join(ROOT, 'bin/carrel'), join(bin, 'carrel'));
  cpSync(join(ROOT, 'README.md'), join(folder, 'README.md'));
  spawnSync('git', ['init', '--quiet'], { cwd: folder });
  const path = `${bin}:${process.env['PATH'] ?? ''}`;
  const home = join(scratch, 'home');
  const env = { PATH: path, HOME: scratch, CARREL_HOME: home, [KEY]: KEY_VALUE };
  const options: SpawnOptions = {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: BLOCK_MS,
  };
  const dispose = (): void => {
    // The daemon that the first command started.
    const holder = homeHolder({ home });
    if (holder !== undefined) process.kill(holder, 'SIGKILL');
    rmSync(scratch, { recursive: true, force: true });
  };
  return { options, [Symbol.dispose]: dispose };
}

/** Runs the blocks of one document in order. Answers with what went otherwise than it says. */
async function play(document: string, blocks: readonly Block[], server: ProviderServer): Promise<string[]> {
  using scratch = openScratch();
  const wrong: string[] = [];
  for (const { line, script, exit } of blocks) {
    console.log(`-- ${document}:${line}\n${script.trimEnd()}`);
    const child = spawn('sh', ['-eu', '-c', script.replaceAll(DOCUMENTED, server.url)], scratch.options);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (code !== exit) wrong.push(`${document}:${line} ended with ${String(code ?? signal)}, not ${exit}`);
  }
  return wrong;
}

const named = process.argv.slice(2);
const documents = named.length > 0 ? named : ['README.md', ...globSync('docs/guides/*.md').toSorted()];
await using server = await startProviderServer({ apiKey: KEY_VALUE });
server.script(ANSWERS);
const wrong: string[] = [];
let count = 0;
for (const document of documents) {
  const text = readFileSync(document, 'utf8');
  const blocks = runnableBlocks(text);
  count += blocks.length;
  wrong.push(
    ...misspelt(text).map((line) => `${document}:${line} says run, but not "sh run" or "sh run exit=N"`),
  );
  wrong.push(...(await play(document, blocks, server)));
}
for (const { status, problems } of server.refusals)
  wrong.push(`the server refused (${status}): ${problems.join('; ')}`);
for (const line of wrong) console.error(line);
console.log(`documents: ${count} blocks ran, ${wrong.length} wrong`);
if (count === 0 || wrong.length > 0) process.exitCode = 1;
