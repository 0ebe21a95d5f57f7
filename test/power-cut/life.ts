// What the power is cut from: a small host on the SQLite store, whose turns stream, run a tool and put blobs. It says in
// `said`, one line each, whatever was acknowledged to it; the tool writes its runs to `ledger`. Run as
// `node life.ts FOLDER`, where the folder is empty.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ScriptAnswer } from '../../src/model/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import {
  ledgerTool,
  manualClock,
  openTestHost,
  type ManualClock,
  type TestHost,
} from '../../src/testing/index.ts';

const SESSIONS = 4;
const TURNS = 8;
/** More than is streamed in the time after which a tail is written. */
const STREAM_MS = 100;
/** Large enough that all turns fill the log more than once: so its copying into the database is cut, too. */
const WORDS = 'all work and no play makes a long tool output '.repeat(200);

/** Time passes in the middle of a stream, so that its tail is written. */
function passing(clock: ManualClock): { readonly wait: PromiseLike<unknown> } {
  return { wait: { then: (...then) => clock.advance(STREAM_MS).then(...then) } };
}

function answer(clock: ManualClock, n: number): ScriptAnswer {
  const text = ['Hello', passing(clock), ', wor', passing(clock), 'ld'];
  if (n % 3 === 2) return [{ text }];
  return [{ reasoning: ['so', passing(clock), ' then'] }, { text }, { call: 'ledger', args: { n } }];
}

async function live(test: TestHost, number: number, say: (what: object) => void): Promise<void> {
  const session = await test.session({ name: `life-${number}` });
  session.on('*', (event) => say({ event }));
  for (let turn = 0; turn < TURNS; turn++) {
    const text = `turn ${turn} of ${number}`;
    await session.send(text);
    say({ input: text, session: session.id });
    say({ blob: await test.store.putBlob(Buffer.from(`blob ${turn} of ${number} ${WORDS}`)) });
    await session.settled();
  }
}

async function main(folder: string): Promise<void> {
  const said = openSync(join(folder, 'said'), 'w');
  const say = (what: object): void => void writeSync(said, `${JSON.stringify(what)}\n`);
  const clock = manualClock();
  await using test = await openTestHost({
    store: await openSqliteStore({ home: join(folder, 'home') }),
    clock,
    answers: (_request, n) => answer(clock, n),
    tools: [ledgerTool(join(folder, 'ledger'), { run: () => WORDS })],
  });
  await Promise.all(Array.from({ length: SESSIONS }, (_, number) => live(test, number, say)));
}

await main(process.argv[2] ?? '');
