import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CarrelError, type SessionEvent } from '../../protocol/index.ts';
import { renderMarkdown } from '../../session/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { readBelow } from '../family.ts';
import { readEvents } from '../journal.ts';
import { report } from '../report.ts';
import { openReading } from '../reading.ts';

/** `already_exists` when the file is there; `--force` replaces it. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { args, terminal, json } = invocation;
  await using reading = await openReading(invocation);
  const row = await reading.session();
  const events: SessionEvent[] = [];
  for await (const event of readEvents(reading.reader, row.session)) events.push(event);
  const text = json
    ? events.map((event) => `${JSON.stringify(event)}\n`).join('')
    : renderMarkdown(row, events, { children: await readBelow(reading.reader, events) });
  const [, file] = args;
  if (file === undefined) terminal.out.write(text);
  else {
    write(resolve(invocation.folder, file), text, invocation.options.flag('force'));
    report(invocation, `${row.name}: ${String(events.length)} events written to ${file}`, {
      file,
      events: events.length,
    });
  }
  return EXIT.done;
}

/** Transcripts may hold what was meant for one pair of eyes: the file is its owner's alone. */
const OWNER_ONLY = 0o600;

function write(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx', mode: OWNER_ONLY });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (code === 'EEXIST')
      throw new CarrelError('already_exists', `${path} is there already: --force replaces it`, { cause });
    throw new CarrelError('invalid_params', `${path} cannot be written (${code}): name another file`, {
      cause,
    });
  }
}
