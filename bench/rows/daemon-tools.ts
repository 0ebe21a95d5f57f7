// Five rounds of a tool through the daemon, from the input to the end of the turn at its viewer. The tool that
// does next to nothing reads a line of a file: one of a user's own would run in a process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { serve } from '../daemon/serving.ts';
import { openDesk, turn } from '../daemon/talk.ts';
import { median, scratch, times, wallMs, type Row } from '../measure.ts';
import { ROUNDS, shellFloor, syncFloor, SYNCS } from './tools.ts';

const RUNS = 15;

interface Provider extends AsyncDisposable {
  readonly url: string;
}

/** Asks for the tool in each of the first rounds of a turn, then says that it is done. */
async function roundsServer(folder: string, tool: string, args: object): Promise<Provider> {
  const script = join(folder, 'script.json');
  const rounds = [...Array.from({ length: ROUNDS }, () => [{ call: { tool, args } }]), [{ text: 'done' }]];
  writeFileSync(script, JSON.stringify({ rounds }));
  const main = join(import.meta.dirname, '..', '..', 'src', 'testing', 'provider-server', 'main.ts');
  const child = spawn(process.execPath, [main, script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url: `${url}/v1`,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

async function rounds(
  program: string,
  { tool, args }: { tool: string; args: object },
): Promise<{ took: number; floor: number; shells: number }> {
  using home = scratch();
  using folder = scratch();
  writeFileSync(join(folder.path, 'note.txt'), 'One line.\n');
  await using provider = await roundsServer(home.path, tool, args);
  await using serving = await serve({
    program,
    home: join(home.path, 'home'),
    url: provider.url,
    profile: { tools: [tool] },
  });
  const runs = await times(RUNS, async () => {
    await using desk = await openDesk(serving, folder.path);
    return await wallMs(() => turn(desk));
  });
  return {
    took: median(runs),
    floor: median(await times(RUNS, () => syncFloor(home.path))),
    shells: median(await times(RUNS, shellFloor)),
  };
}

export async function daemonToolRows(program: string): Promise<readonly Row[]> {
  const idle = await rounds(program, { tool: 'read', args: { path: 'note.txt' } });
  const shell = await rounds(program, { tool: 'exec', args: { command: 'true' } });
  return [
    {
      name: `through the daemon: ${String(ROUNDS)} tool rounds, reading a line`,
      value: idle.took,
      unit: 'ms',
      floor: { name: `${String(SYNCS)} synced appends`, value: idle.floor },
      limit: idle.floor + 10,
    },
    {
      name: `through the daemon: ${String(ROUNDS)} tool rounds, real shell`,
      value: shell.took,
      unit: 'ms',
      floor: {
        name: `${String(ROUNDS)} bare shells, ${String(SYNCS)} synced appends`,
        value: shell.shells + shell.floor,
      },
      limit: 80,
    },
  ];
}
