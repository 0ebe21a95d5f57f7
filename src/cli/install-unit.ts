import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { removeUnit, unitOf, writeUnit, type Unit } from './daemon-unit.ts';
import { EXIT, type Exit } from './exit.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { report } from './report.ts';

/** Writes the unit of this user and says what starts it. */
export function installUnit(invocation: Invocation): Exit {
  const unit = unitFor(invocation);
  writeUnit(unit);
  const { path, enable } = unit;
  report(invocation, `wrote ${path}. Start it, now and at each login: ${enable}`, { path, enable });
  return EXIT.done;
}

/** Removes the file; what runs goes on. */
export function uninstallUnit(invocation: Invocation): Exit {
  const unit = unitFor(invocation);
  removeUnit(unit);
  const { path, disable } = unit;
  report(invocation, `removed ${path}. End what runs: ${disable}`, { path, disable });
  return EXIT.done;
}

function unitFor(invocation: Invocation): Unit {
  const { env } = invocation;
  const log = join(homeOf(invocation).logs, 'daemon.log');
  return unitOf({ platform: platform(), env, homedir: homedir(), node: process.execPath, log });
}
