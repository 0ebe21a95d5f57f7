// The recipe of the image, without an engine for images: it is read, its rules are checked, and what it runs is run in a folder that
// stands for the root of the image. What needs root (packages of Debian, users, modes) is not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instructions, stagesOf, type Instruction, type Stage } from './containerfile.ts';
import { ROOT, run, scratch } from './run.ts';

const RECIPE = join(ROOT, 'share/container/Containerfile');
/** Starting on a busy machine. */
const READY_MS = 60_000;

export async function checkContainer(): Promise<string> {
  const stages = stagesOf(instructions(readFileSync(RECIPE, 'utf8')));
  const wrong = problems(stages);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  using root = scratch();
  install(root.path, stages);
  await serveOnce(root.path, stages.at(-1));
  return 'its rules hold; its build installs the package, its command serves until SIGTERM and its health check sees it; no image was built, and packages of Debian, users and modes were not tried';
}

function problems(stages: readonly Stage[]): string[] {
  const last = stages.at(-1);
  const of = (name: string): string | undefined =>
    last?.instructions.findLast((each) => each.name === name)?.text;
  const node = run([process.execPath, '--version']).slice(1).split('.')[0] ?? '';
  const rules: readonly (readonly [boolean, string])[] = [
    [stages.length > 1, 'it has several stages'],
    [
      stages.every(({ image }) => image.startsWith(`docker.io/library/node:${node}-`)),
      `every stage is of Node ${node}`,
    ],
    [!['root', '0', undefined].includes(of('USER')), 'it runs as somebody'],
    [
      of('VOLUME') !== undefined &&
        last?.instructions.some(({ text }) => text === `CARREL_HOME=${String(of('VOLUME'))}`) === true,
      'the home is the volume',
    ],
    [of('HEALTHCHECK')?.includes('CMD') === true, 'it has a health check'],
    [last?.instructions.some(({ name }) => name === 'ADD') === false, 'it adds nothing from elsewhere'],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => `not true: ${rule}`);
}

/** The package as the context has it, and what the first stage makes of it. */
function install(root: string, [build]: readonly Stage[]): void {
  mkdirSync(join(root, 'tmp'));
  run(['npm', 'pack', '--silent', '--pack-destination', root]);
  for (const name of readdirSync(root).filter((each) => each.endsWith('.tgz')))
    copyFileSync(join(root, name), join(root, 'tmp', name));
  for (const { name, text } of build?.instructions ?? [])
    if (name === 'RUN') run(['sh', '-euc', inRoot(text, root)]);
}

/** Paths of the image, below the folder. */
function inRoot(text: string, root: string): string {
  return text.replaceAll(/(^|[\s=])\/(tmp|opt)\//g, `$1${root}/$2/`);
}

async function serveOnce(root: string, stage: Stage | undefined): Promise<void> {
  const of = (name: string): Instruction['text'] =>
    stage?.instructions.findLast((each) => each.name === name)?.text ?? '';
  // tini is a package of Debian: what it would start is started.
  const command = [...list(of('ENTRYPOINT')), ...list(of('CMD'))].slice(2);
  const env = {
    PATH: `${join(root, 'opt/carrel/bin')}:${process.env['PATH'] ?? ''}`,
    CARREL_HOME: join(root, 'home'),
    HOME: root,
  };
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const health = list(of('HEALTHCHECK').replace(/^.*\bCMD /, ''));
  await healthy(health, { env, cwd: root });
  child.kill('SIGTERM');
  const [code, signal] = await ended;
  if (signal !== 'SIGTERM') throw new Error(`on SIGTERM it ended with ${String(code ?? signal)}`);
}

async function healthy(
  check: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string },
): Promise<void> {
  const [program = '', ...args] = check;
  const until = performance.now() + READY_MS;
  for (;;) {
    const child = spawn(program, args, { ...options, stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0) return;
    if (performance.now() > until) throw new Error(`${check.join(' ')} ends with ${String(code)}`);
  }
}

function list(text: string): readonly string[] {
  return JSON.parse(text) as readonly string[];
}
