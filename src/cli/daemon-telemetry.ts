// Telemetry of the daemon, from the settings and the environment.
import { systemClock } from '../base/index.ts';
import { openTelemetry, ownerToken, type Telemetry } from '../daemon/index.ts';
import type { Invocation } from './invocation.ts';
import { MANIFEST } from './manifest.ts';
import { otlpSettings } from './otlp.ts';
import { secretValues, type Setting } from './setting.ts';

export async function openDaemonTelemetry({ env }: Invocation, setting: Setting): Promise<Telemetry> {
  const { home, config } = setting;
  const otlp = otlpSettings(env, config.telemetry);
  const headers = [otlp?.traces, otlp?.metrics].flatMap((target) => Object.values(target?.headers ?? {}));
  return openTelemetry({
    home,
    version: MANIFEST.version,
    clock: systemClock,
    settings: config.telemetry,
    secrets: [...secretValues(setting), ...headers, ownerToken(home)],
    ...(otlp === undefined ? {} : { otlp }),
  });
}
