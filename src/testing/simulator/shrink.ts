// From a long run that breaks a promise to a short one that breaks the same: actions are left out as long as it still does.
import { simulate, type SimulationResult } from './simulate.ts';

export interface ShrinkOptions {
  /** Runs that are tried at most; default 200. */
  readonly tries?: number;
}

/** Gives the shortest run it finds; `failed` itself when nothing can be left out. */
export async function shrink(
  failed: SimulationResult,
  { tries = 200 }: ShrinkOptions = {},
): Promise<SimulationResult> {
  const promise = failed.violations[0]?.promise;
  let best = failed;
  let left = tries;
  for (let size = Math.ceil(best.actions.length / 2); size >= 1 && left > 0;) {
    const shorter = await without(size);
    best = shorter ?? best;
    if (shorter === undefined) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return best;

  /** The first run that does without `size` neighbouring actions. */
  async function without(size: number): Promise<SimulationResult | undefined> {
    const numbers = best.actions.map(({ number }) => number);
    // From the end: what comes last explains least.
    for (let to = numbers.length; to > 0 && left > 0; to -= size) {
      left--;
      const only = numbers.filter((_, index) => index < to - size || index >= to);
      const tried = await simulate({ seed: best.seed, only, mostSteps: best.steps * 4 });
      if (tried.violations[0]?.promise === promise) return tried;
    }
    return undefined;
  }
}
