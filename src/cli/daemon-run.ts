// The daemon in this process, until it is told to stop.
import { resolve } from 'node:path';
import { systemClock, systemRandom } from '../base/index.ts';
import { openDaemon, type CertificateFiles, type DaemonOptions, type Telemetry } from '../daemon/index.ts';
import type { Host } from '../host/index.ts';
import { CarrelError } from '../protocol/errors.ts';
import type { Invocation } from './invocation.ts';
import { openDaemonTelemetry } from './daemon-telemetry.ts';
import { homeOf } from './home.ts';
import { MANIFEST } from './manifest.ts';
import { note } from './note.ts';
import { printValue } from './render/value.ts';
import { loadSetting } from './setting.ts';
import { openWorking } from './working.ts';

/** How long what runs may take to be parked; then the process ends as in a crash, and loses no more. */
const DRAIN_MS = 10_000;
const MAX_PORT = 65_535;

/** `home_in_use` with the holder's pid, for every one but the first of a home. */
export async function runDaemon(invocation: Invocation): Promise<void> {
  const home = homeOf(invocation);
  // The host's own bounds are of the home. What counts for a session is asked of its folder.
  const setting = loadSetting(invocation, home.dataFolder);
  for (const text of setting.config.notices) note(invocation, 'warn', text);
  const telemetry = await openDaemonTelemetry(invocation, setting);
  try {
    const working = await openWorking(invocation, setting, {
      recover: 'all',
      observe: telemetry.observe,
      onSecrets: (values) => telemetry.hide(values),
      onFault: ({ what, error, session }) => telemetry.fault(what, error, session),
    });
    try {
      await serve(invocation, working.host, { telemetry, limits: setting.config.limits });
    } finally {
      await drained(working[Symbol.asyncDispose]());
    }
  } finally {
    await telemetry[Symbol.asyncDispose]();
  }
}

type Beside = Required<Pick<DaemonOptions, 'limits'>> & { readonly telemetry: Telemetry };

async function serve(invocation: Invocation, host: Host, { telemetry, limits }: Beside): Promise<void> {
  const { terminal, options, json } = invocation;
  const stopped = whenStopped(invocation);
  const port = options.integer('port', { min: 0, max: MAX_PORT });
  const address = options.text('address');
  await using daemon = await openDaemon({
    host,
    home: homeOf(invocation),
    version: MANIFEST.version,
    clock: systemClock,
    random: systemRandom,
    telemetry,
    onFault: (what, error) => telemetry.fault(what, error),
    limits,
    ...certificateOf(invocation),
    origins: options.texts('origin'),
    ...(port === undefined ? {} : { port }),
    ...(address === undefined ? {} : { address }),
  });
  const { presence } = daemon;
  telemetry.log.write('info', 'the daemon serves', { ...presence });
  if (json) printValue(terminal.out, { ...presence, ready: true });
  else
    note(
      invocation,
      'ok',
      `serving at ${presence.url} and ${presence.socket} (process ${String(presence.pid)})`,
    );
  await stopped;
  telemetry.log.write('info', 'the daemon is stopping');
  note(invocation, 'info', 'stopping; a second signal stops at once');
}

function certificateOf({ options, folder }: Invocation): { certificate?: CertificateFiles } {
  const [certificate, key] = [options.text('certificate'), options.text('key')];
  if (certificate === undefined && key === undefined) return {};
  if (certificate !== undefined && key !== undefined)
    return { certificate: { certificate: resolve(folder, certificate), key: resolve(folder, key) } };
  throw new CarrelError('invalid_params', '--certificate and --key go together: give both');
}

/** A signal, or Ctrl-C; the listener is gone then, so that the next one is not held up. */
function whenStopped({ terminal }: Invocation): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (terminal.gone.aborted) resolve();
  terminal.gone.addEventListener('abort', () => resolve(), { once: true });
  const interrupt = terminal.onInterrupt(resolve);
  return promise.finally(() => interrupt[Symbol.dispose]());
}

async function drained(closing: PromiseLike<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  using _ = systemClock.after(DRAIN_MS, () => {
    const message = `what runs did not end within ${String(DRAIN_MS / 1000)} s; it is taken up at the next start`;
    reject(new CarrelError('timeout', message));
  });
  await Promise.race([closing, promise]);
}
