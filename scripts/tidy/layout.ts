// The layout as data. A new row or cell needs a decision record.

const BELOW_HOST = ['base', 'protocol', 'session', 'store', 'model', 'tool', 'config', 'runtime'];
const BELOW_CLI = [...BELOW_HOST, 'host', 'client', 'daemon', 'tui', 'web', 'testing'];

/** Which modules of `src` each one may import. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  session: ['base', 'protocol'],
  store: ['base', 'protocol'],
  model: ['base', 'protocol'],
  tool: ['base', 'protocol'],
  config: ['base', 'protocol'],
  runtime: ['base', 'protocol', 'session', 'store', 'model', 'tool'],
  host: BELOW_HOST,
  client: ['base', 'protocol', 'session'],
  daemon: ['base', 'protocol', 'session', 'config', 'runtime', 'host'],
  tui: ['base', 'protocol', 'session', 'client'],
  web: ['base', 'protocol', 'session', 'client'],
  testing: [...BELOW_HOST, 'host', 'client', 'daemon'],
  cli: BELOW_CLI,
};

/** Files that may be imported from outside beside each module's `index.ts`. */
export const DOORS: readonly string[] = [
  'src/client/node/index.ts', // the only Node part of the client
  'src/protocol/errors.ts', // without Zod, for a thread that has to start fast
  'src/config/home.ts', // without Zod, for commands that only read
  'src/cli/specs.ts', // the table of commands; the reference is made from it
];

/** Packages that only tests and contract suites may import. */
export const TEST_PACKAGES: readonly string[] = ['vitest', 'fast-check'];

/** Above `notedLines` a file is listed; above `lines` it fails. */
export const SIZE = { notedLines: 300, lines: 500, testLines: 800 };

export const CLASS_SUFFIXES = /(Manager|Service|Coordinator|Helper|Utils?|Handler)$/;

export const SUPPRESSIONS = /\b(oxlint|eslint)-(disable|enable)\b|@ts-(ignore|nocheck)\b/;
