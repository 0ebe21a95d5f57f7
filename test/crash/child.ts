// The process that is killed. It works turn after turn, and says, one JSON object a line, whatever was acknowledged to it: the
// session, each input's command and `seq`, each durable event. With a number as second argument it cancels its turn after so
// many items, says the answer, and sends no more. Run as `node child.ts PLACE [CANCEL_AFTER]`; it ends with its input.
import { writeSync } from 'node:fs';
import type { SessionHandle } from '../../src/host/index.ts';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { openHome, sessionIn, type Place } from './host.ts';

export type Said =
  | { readonly session: string }
  | { readonly command: string; readonly seq: number }
  | { readonly event: SessionEvent }
  | { readonly cancelled: string; readonly seq: number };

function say(what: Said): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

async function tell(session: SessionHandle, cancelAfter: number): Promise<void> {
  let items = 0;
  for await (const item of session.follow()) {
    if (item.type !== 'delta') say({ event: item });
    if (++items < cancelAfter || cancelling) continue;
    cancelling = true;
    void cancel(session);
  }
}

/** There is nothing to cancel between two turns: then the next item is the moment. */
async function cancel(session: SessionHandle): Promise<void> {
  try {
    const { turn = '', seq } = await session.cancel();
    say({ cancelled: turn, seq });
  } catch {
    cancelling = false;
  }
}

async function work(session: SessionHandle): Promise<void> {
  for (let n = 1; !cancelling; n += 2) {
    const sent = [n, n + 1].map(async (number) => {
      const command = `cmd_input${number}`;
      const { seq } = await session.send(`input ${number}`, { id: command });
      say({ command, seq });
    });
    await Promise.all(sent);
    await session.settled();
  }
}

let cancelling = false;
const [place = '', cancelAfter = 'Infinity'] = process.argv.slice(2);
process.stdin.once('end', () => process.exit()).resume();
const { host } = await openHome(JSON.parse(place) as Place);
const session = await host.create(sessionIn(JSON.parse(place) as Place));
say({ session: session.id });
await Promise.all([tell(session, Number(cancelAfter)), work(session)]);
