// The units as `carrel daemon install` writes them, read by the programs that would run them.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, scratch } from './run.ts';

/** systemd's own reader finds nothing to say about the unit, and what the unit waits for after the start ends when the daemon is ready. */
export async function checkSystemd(): Promise<string> {
  using home = scratch();
  const env = { PATH: process.env['PATH'], HOME: home.path, CARREL_HOME: join(home.path, 'home') };
  run([process.execPath, join(ROOT, 'bin/carrel.js'), 'daemon', 'install'], { env });
  const unit = join(home.path, '.config/systemd/user/carrel.service');
  const text = readFileSync(unit, 'utf8');
  // It wants somewhere to look for sockets of a session.
  const said = run(['systemd-analyze', 'verify', '--user', unit], {
    env: { ...env, XDG_RUNTIME_DIR: home.path },
  });
  if (said.trim() !== '') throw new Error(said);
  await tryStart(text, env);
  return 'systemd-analyze verify has nothing to say; its commands start the daemon, wait for it and end it';
}

/** The two commands as systemd would run them: its quotes are those of a shell, but for what is doubled. */
async function tryStart(text: string, env: NodeJS.ProcessEnv): Promise<void> {
  const line = (key: string): string => {
    const [, command = ''] = new RegExp(`^${key}=(.*)$`, 'm').exec(text) ?? [];
    return command.replaceAll('$$', '$').replaceAll('%%', '%');
  };
  const script = `${line('ExecStart')} & pid=$!; ${line('ExecStartPost')} && kill $pid; wait $pid`;
  const { status, stderr } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8', timeout: 60_000 });
  // Ended by SIGTERM, which systemd takes for a good end.
  if (status !== 143) throw new Error(`the unit's commands ended with ${String(status)}: ${stderr}`);
  await Promise.resolve();
}

/** It is a property list: it survives the way to the binary form and back, and says what the unit is to say. */
export function checkLaunchd(): Promise<string> {
  using home = scratch();
  const text = readFileSync(join(ROOT, 'share/launchd/carrel.daemon.plist'), 'utf8')
    .replace('@ENVIRONMENT@', '<key>PATH</key><string>/usr/bin:/a&amp;b</string>')
    .replaceAll(/@[A-Z]+@/g, '/a/path');
  const [xml, binary, back] = ['unit.plist', 'unit.bin', 'back.plist'].map((name) => join(home.path, name));
  if (xml === undefined || binary === undefined || back === undefined) throw new Error('three names');
  writeFileSync(xml, text);
  run(['xmllint', '--noout', '--nonet', xml]);
  run(['plistutil', '-i', xml, '-f', 'bin', '-o', binary]);
  run(['plistutil', '-i', binary, '-f', 'xml', '-o', back]);
  const read = readFileSync(back, 'utf8').replaceAll(/\s+/g, '');
  const said = [
    '<key>Label</key><string>carrel.daemon</string>',
    '<string>daemon</string><string>run</string>',
    '<key>PATH</key><string>/usr/bin:/a&amp;b</string>',
    '<key>SuccessfulExit</key><false/>',
  ];
  const missing = said.filter((part) => !read.includes(part));
  if (missing.length > 0) throw new Error(`it does not say ${missing.join(' ')}: ${read}`);
  return Promise.resolve('a property list that says what it is to say; launchd itself is not here');
}
