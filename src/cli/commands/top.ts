import { sleep, systemClock } from '../../base/index.ts';
import { CarrelError } from '../../protocol/errors.ts';
import { servingDaemon } from '../daemon-process.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import type { Invocation } from '../invocation.ts';
import { printValue } from '../render/value.ts';
import { draw } from '../top/draw.ts';
import { look, type Look } from '../top/look.ts';
import { viewOf, type View } from '../top/view.ts';

/** Fast enough to be live, slow enough to be read; ms. */
const REFRESH_MS = 2_000;
const CLEAR = '\u001B[H\u001B[2J\u001B[3J';

/** Shown once where nobody looks at a screen, or when asked to; else until Ctrl-C. `host_unavailable` when no daemon serves the home. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const { out } = terminal;
  if (json || options.flag('once') || !out.terminal) {
    const view = viewOf(await lookNow(invocation), undefined);
    if (json) printValue(out, view);
    else out.write(draw(out, view));
    return EXIT.done;
  }
  const left = new AbortController();
  using _interrupt = terminal.onInterrupt(() => left.abort());
  const signal = AbortSignal.any([left.signal, terminal.gone]);
  let before: Look | undefined;
  while (!signal.aborted) {
    const now = await lookNow(invocation);
    const view: View = viewOf(now, before);
    before = now;
    out.write(`${CLEAR}${draw(out, view)}`);
    await sleep(systemClock, REFRESH_MS, signal).catch(() => undefined); // whoever left ends the loop
  }
  return EXIT.done;
}

async function lookNow(invocation: Invocation): Promise<Look> {
  const home = homeOf(invocation);
  const daemon = await servingDaemon(home);
  if (daemon !== undefined) return look(home, daemon, () => systemClock.now());
  throw new CarrelError(
    'host_unavailable',
    `no daemon serves the home ${home.dataFolder}: carrel daemon start`,
  );
}
