// The files of tokens are read anew every second: another process makes, rotates and revokes them. Whoever came in by one that counts no
// more is dropped.
import { codeOf } from '../protocol/index.ts';
import type { KnownTokens } from './known-tokens.ts';
import type { Shared } from './shared.ts';

const LOOK_MS = 1000;

/** Until disposed. What is wrong with a file is told once, until it is something else. */
export function watchTokens(
  { clock, live, onFault }: Pick<Shared, 'clock' | 'live' | 'onFault'>,
  tokens: KnownTokens,
): Disposable {
  let told: string | undefined;
  const look = (): void => {
    const problem = refreshed(tokens);
    if (problem !== undefined && problem.message !== told)
      onFault(`tokens are refused (${codeOf(problem)})`, problem);
    told = problem?.message;
    live.drop((identity) => tokens.endOf(identity));
    timer = clock.after(LOOK_MS, look);
  };
  let timer = clock.after(LOOK_MS, look);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function refreshed(tokens: KnownTokens): Error | undefined {
  try {
    tokens.refresh();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
