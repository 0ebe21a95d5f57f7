// A provider server as a process of its own, for tests that kill things and for examples:
//
//   node main.ts SCRIPT.json [--ledger FILE] [--api-key KEY]
//
// It prints its URL as one line, tells refused requests on stderr, and stops on SIGTERM or when stdin ends.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { byRound, FileAnswer, type Script } from './answer.ts';
import { startProviderServer } from './server.ts';

/** One answer for every request, one each in order, or `rounds`: by the tool rounds since the last user message. */
const ScriptFile = z.union([
  FileAnswer,
  z.array(FileAnswer),
  z.strictObject({ rounds: z.array(FileAnswer).min(1) }),
]);

async function readScript(path: string): Promise<Script> {
  const script = ScriptFile.parse(JSON.parse(await readFile(path, 'utf8')));
  return 'rounds' in script ? byRound(script.rounds) : script;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ledger: { type: 'string' }, 'api-key': { type: 'string' } },
  });
  const [path] = positionals;
  if (path === undefined) throw new Error('usage: main.ts SCRIPT.json [--ledger FILE] [--api-key KEY]');
  const { ledger, 'api-key': apiKey } = values;
  const script = await readScript(path);
  const server = await startProviderServer({
    ...(ledger === undefined ? {} : { ledgerFile: ledger }),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  server.script(script);
  const stop = (): void => void server.close().then(() => process.stdin.destroy());
  process.once('SIGTERM', stop);
  process.stdin.once('end', stop).resume();
  console.log(server.url);
}

await main();
