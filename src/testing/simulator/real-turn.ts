import { setImmediate } from 'node:timers/promises';

/** Waits in real time until the work has settled, or has come as far as `far` says. What it ends with is its owner's affair. */
export async function realTurn(work: Promise<unknown>, far: () => boolean): Promise<void> {
  let settled = false;
  const end = (): void => void (settled = true);
  work.then(end, end);
  while (!settled && !far()) await setImmediate();
}
