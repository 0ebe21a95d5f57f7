// Who plays in the demo: three sessions of the practice model, which is no AI but drives the real tools.

export interface Player {
  readonly name: string;
  readonly mode: 'ask' | 'full';
  /** One after another, each a turn. The host sends the last of a list when the others are where the demo wants them. */
  readonly prompts: readonly string[];
}

/** Where the runner's command leaves its process id, so that the demo can see that it is gone. */
export const PID_FILE = 'waiting.pid';

/** Reads and searches, then answers at length: killed in the middle of it. */
const reader: Player = {
  name: 'reader',
  mode: 'full',
  prompts: ['list\nread till.js\nsearch discount in .', 'tell 300 words'],
};

/** Runs the tests, then something that would take ten minutes: cancelled in the middle of it. */
const runner: Player = {
  name: 'runner',
  mode: 'full',
  prompts: [`run node --test\nrun echo $$ > ${PID_FILE} && sleep 600`],
};

/** Wants to change a file: waits for an approval. */
const mender: Player = {
  name: 'mender',
  mode: 'ask',
  prompts: [
    'read till.js\nedit till.js: return sum; // discount => return Math.round(sum * (1 - discount / 100));\nsay The discount is taken off now.',
  ],
};

export const PLAYERS = { reader, runner, mender };
