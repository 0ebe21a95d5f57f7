import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeUnit, unitOf, writeUnit, type UnitOptions } from './daemon-unit.ts';

const options: UnitOptions = {
  platform: 'linux',
  env: { PATH: '/usr/bin:/opt/50%/bin', CARREL_HOME: '/home/a "b"', OPENAI_API_KEY: 'sk-secret' },
  homedir: '/home/a',
  node: '/opt/no de/$bin/node',
  log: '/home/a/logs/daemon.log',
};

describe('a unit', () => {
  it('of systemd runs this program on this Node, with what it needs to find and nothing secret', () => {
    const { path, text } = unitOf(options);
    expect(path).toBe('/home/a/.config/systemd/user/carrel.service');
    expect(text).toMatch(/^ExecStart="\/opt\/no de\/\$\$bin\/node" "[^"]+\/bin\/carrel\.js" daemon run$/m);
    expect(text).toContain('Environment="PATH=/usr/bin:/opt/50%%/bin"\n');
    expect(text).toContain(String.raw`Environment="CARREL_HOME=/home/a \"b\""`);
    expect(text).not.toMatch(/@[A-Z]+@|secret/);
  });

  it('follows the folder of the configuration', () => {
    const env = { XDG_CONFIG_HOME: '/etc/mine' };
    expect(unitOf({ ...options, env }).path).toBe('/etc/mine/systemd/user/carrel.service');
    expect(unitOf({ ...options, env }).text).not.toContain('Environment=');
  });

  it('of launchd says the same in XML', () => {
    const { path, text, enable } = unitOf({ ...options, platform: 'darwin', node: '/a/<b>&/node' });
    expect(path).toBe('/home/a/Library/LaunchAgents/carrel.daemon.plist');
    expect(enable).toContain(path);
    expect(text).toContain('<string>/a/&lt;b&gt;&amp;/node</string>');
    expect(text).toContain('<key>CARREL_HOME</key>\n    <string>/home/a "b"</string>');
    expect(text).not.toMatch(/@[A-Z]+@|secret/);
  });

  it('is there for systemd and launchd only', () => {
    expect(() => unitOf({ ...options, platform: 'win32' })).toThrow(
      expect.objectContaining({ code: 'invalid_params' }) as Error,
    );
  });

  it('is written, written anew and removed, also when it is gone', () => {
    const homedir = mkdtempSync(join(tmpdir(), 'carrel-unit-'));
    const unit = unitOf({ ...options, homedir });
    writeUnit(unit);
    writeUnit({ ...unit, text: 'other' });
    expect(readFileSync(unit.path, 'utf8')).toBe('other');
    removeUnit(unit);
    removeUnit(unit);
    expect(() => readFileSync(unit.path)).toThrow('ENOENT');
    rmSync(homedir, { recursive: true });
  });
});
