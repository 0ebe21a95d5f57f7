// Writes `docs/reference` from the tables in the code; with `--check` it only says what is stale.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configJsonSchema } from '../src/config/index.ts';
import { asyncApi } from './generate/asyncapi.ts';
import { metricsPage } from './generate/metrics.ts';
import { docComments } from './generate/comments.ts';
import { asyncApiProblems, openRpcProblems } from './generate/conform.ts';
import { cliPage, settingsPage } from './generate/manuals.ts';
import { openRpc } from './generate/openrpc.ts';
import { commandsPage, errorsPage, eventsPage, methodsPage, shapesPage } from './generate/pages.ts';
import { commandsSchema, eventsSchema } from './generate/schemas.ts';

const FOLDER = 'docs/reference';

const comments = new Map(
  globSync('src/protocol/**/*.ts').flatMap((path) => [...docComments(path, readFileSync(path, 'utf8'))]),
);

/** Event and command types are unique, whatever table they stand in. */
function describe(name: string, owner?: string): string | undefined {
  const key = owner === undefined ? name : `${owner}.${name}`;
  return (
    comments.get(key) ?? [...comments].find(([at]) => owner === undefined && at.endsWith(`.${name}`))?.[1]
  );
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
const specifications = { openrpc: openRpc(version, describe), asyncapi: asyncApi(version, describe) };

const FILES: Readonly<Record<string, string>> = {
  'schemas/events.schema.json': json(eventsSchema),
  'schemas/commands.schema.json': json(commandsSchema),
  'schemas/config.schema.json': json(configJsonSchema()),
  'schemas/openrpc.json': json(specifications.openrpc),
  'schemas/asyncapi.json': json(specifications.asyncapi),
  'events.md': eventsPage(describe),
  'commands.md': commandsPage(describe),
  'methods.md': methodsPage(describe),
  'shapes.md': shapesPage(describe),
  'errors.md': errorsPage(),
  'settings.md': settingsPage(),
  'metrics.md': metricsPage(),
  'cli.md': cliPage(),
};

function read(path: string): string | undefined {
  return globSync(path).length === 0 ? undefined : readFileSync(path, 'utf8');
}

const stale = Object.entries(FILES)
  .map(([name, text]) => ({ path: join(FOLDER, name), text }))
  .filter(({ path, text }) => read(path) !== text);
const extra = globSync(`${FOLDER}/**/*.{md,json}`).filter(
  (path) => !(path.slice(FOLDER.length + 1) in FILES),
);

const wrong = [
  ...openRpcProblems(specifications.openrpc).map((problem) => `openrpc.json${problem}`),
  ...asyncApiProblems(specifications.asyncapi).map((problem) => `asyncapi.json${problem}`),
];
for (const problem of wrong) console.error(problem);
if (wrong.length > 0) process.exitCode = 1;

if (process.argv.includes('--check')) {
  for (const { path } of stale) console.error(`${path}: stale; run npm run generate`);
  for (const path of extra) console.error(`${path}: nothing makes it; run npm run generate`);
  if (stale.length + extra.length > 0) process.exitCode = 1;
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
  for (const path of extra) rmSync(path);
}
