// Who plays in the demo: sessions of the practice model, which is no AI but drives the real tools.
import type { CreateOptions } from '../../src/host/index.ts';

export interface Player {
  readonly name: string;
  readonly change: Required<CreateOptions>['change'];
  readonly prompt: string;
}

/** Where the runner's command leaves its process id, so that the demo can see that it is gone. */
export const PID_FILE = 'waiting.pid';

/** Steps after which the spender's budget stops it: fewer than its prompt wants. */
export const SPENDER_STEPS = 2;

/** Runs the tests, then something that would take ten minutes: cancelled in the middle of it. */
const runner: Player = {
  name: 'runner',
  change: { mode: 'full' },
  prompt: `run node --test\nrun echo $$ > ${PID_FILE} && sleep 600`,
};

/** Wants to change a file: waits for an approval. */
const mender: Player = {
  name: 'mender',
  change: { mode: 'ask' },
  prompt:
    'read till.js\nedit till.js: return sum; // discount => return Math.round(sum * (1 - discount / 100));\nsay The discount is taken off now.',
};

/** Starts two children at once; both wait for an approval. */
const lead: Player = {
  name: 'lead',
  change: { mode: 'ask' },
  prompt: 'spawn write CHANGES.md: The discount is taken off. & spawn run wc -l till.js',
};

/** Wants four steps, and has a budget of two. */
const spender: Player = {
  name: 'spender',
  change: { mode: 'full', budget: { session: { steps: SPENDER_STEPS } } },
  prompt: 'list\nread till.js\nsearch discount in .',
};

export const PLAYERS = { runner, mender, lead, spender };

/** Answer at length, all at once, when the others are where the demo wants them: killed in the middle of it. */
export const TELLERS: readonly Player[] = Array.from({ length: 12 }, (_, index) => ({
  name: `teller-${String(index + 1)}`,
  change: { mode: 'read' },
  prompt: 'tell 250 words',
}));
