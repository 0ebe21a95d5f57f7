// The daemon as a service of its user: the unit that the package ships, filled in for this machine. It is written and removed, and
// nothing else: starting it is one line for whoever asked.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CarrelError } from '../protocol/errors.ts';

/** The same places from the sources and from what is built of them. */
const PROGRAM = fileURLToPath(new URL('../../bin/carrel.js', import.meta.url));
const SHARE = new URL('../../share/', import.meta.url);

export interface UnitOptions {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly homedir: string;
  /** The Node that runs it. */
  readonly node: string;
  /** Where it writes what launchd does not keep. */
  readonly log: string;
}

export interface Unit {
  readonly path: string;
  readonly text: string;
  /** What starts it now and at each login. */
  readonly enable: string;
  /** What ends that. */
  readonly disable: string;
}

/** `invalid_params` where there is neither systemd nor launchd. */
export function unitOf(options: UnitOptions): Unit {
  if (options.platform === 'linux') return systemdUnit(options);
  if (options.platform === 'darwin') return launchdUnit(options);
  throw new CarrelError(
    'invalid_params',
    `there is no unit for ${options.platform}, only for systemd and launchd: have \`carrel daemon run\` started at login`,
    { data: { platform: options.platform } },
  );
}

export function writeUnit({ path, text }: Unit): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** One that is not there is gone already. */
export function removeUnit({ path }: Unit): void {
  rmSync(path, { force: true });
}

function systemdUnit({ env, homedir, node }: UnitOptions): Unit {
  const folder = env['XDG_CONFIG_HOME'] ?? join(homedir, '.config');
  return {
    path: join(folder, 'systemd', 'user', 'carrel.service'),
    text: filled('systemd/carrel.service', {
      NODE: command(node),
      CARREL: command(PROGRAM),
      ENVIRONMENT: kept(env)
        .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`)
        .join('\n'),
    }),
    enable: 'systemctl --user daemon-reload && systemctl --user enable --now carrel',
    disable: 'systemctl --user disable --now carrel',
  };
}

function launchdUnit({ env, homedir, node, log }: UnitOptions): Unit {
  const path = join(homedir, 'Library', 'LaunchAgents', 'carrel.daemon.plist');
  return {
    path,
    text: filled('launchd/carrel.daemon.plist', {
      NODE: xml(node),
      CARREL: xml(PROGRAM),
      LOG: xml(log),
      ENVIRONMENT: kept(env)
        .map(([name, value]) => `<key>${name}</key>\n    <string>${xml(value)}</string>`)
        .join('\n    '),
    }),
    enable: `launchctl bootstrap gui/$(id -u) '${path}'`,
    disable: 'launchctl bootout gui/$(id -u)/carrel.daemon',
  };
}

/** Where it looks for programs, which a service is not told, and which home it serves. Keys stay where they are. */
function kept(env: NodeJS.ProcessEnv): readonly (readonly [string, string])[] {
  return ['PATH', 'CARREL_HOME'].flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
}

function filled(template: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(new URL(template, SHARE), 'utf8');
  return text.replaceAll(/@([A-Z]+)@/g, (place, name: string) => values[name] ?? place);
}

/** A word of systemd's; a percent sign would stand for something there. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('%', '%%')}"`;
}

/** In a command a dollar stands for something too. */
function command(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
