// Programs of one version on both ends: a daemon that was left running over an upgrade is met with a question or an error.
import { daemonAt, type DaemonFile } from '../client/node/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { homeHolder } from '../store/index.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { MANIFEST } from './manifest.ts';

/** `version_mismatch`, unless the person at the terminal lets it be restarted. Never by itself: others may be at work through it. */
export async function refuseOtherVersion(invocation: Invocation, home: string): Promise<void> {
  const daemon = await daemonAt(home);
  if (daemon === undefined || daemon.version === MANIFEST.version) return;
  if (homeHolder({ home }) !== daemon.pid) return;
  const { terminal, json } = invocation;
  const what = `the daemon (process ${String(daemon.pid)}) is of version ${daemon.version}, this program of ${MANIFEST.version}`;
  if (!terminal.interactive || json) throw mismatch(what, daemon);
  const answer = await terminal.ask(
    `${what}. Restart it? What runs is parked and goes on. [y/N] `,
    terminal.gone,
  );
  if (answer?.trim().toLowerCase() !== 'y') throw mismatch(what, daemon);
  const { restartDaemon } = await import('./daemon-process.ts');
  await restartDaemon(invocation, homeOf(invocation), { daemon, flags: [] });
}

function mismatch(what: string, { version }: DaemonFile): CarrelError {
  const message = `${what}: carrel daemon restart; what runs is parked and goes on`;
  return new CarrelError('version_mismatch', message, {
    data: { daemon: version, client: MANIFEST.version },
  });
}
