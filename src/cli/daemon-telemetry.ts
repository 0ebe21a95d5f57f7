// Telemetry of the daemon, from the settings and the environment.
import { systemClock } from '../base/index.ts';
import { openTelemetry, ownerToken, type Telemetry } from '../daemon/index.ts';
import type { Invocation } from './invocation.ts';
import { MANIFEST } from './manifest.ts';
import { otlpSettings } from './otlp.ts';
import type { Setting } from './setting.ts';

export async function openDaemonTelemetry({ env }: Invocation, setting: Setting): Promise<Telemetry> {
  const { home, config } = setting;
  const otlp = otlpSettings(env, config.telemetry);
  const headers = [otlp?.traces, otlp?.metrics].flatMap((target) => Object.values(target?.headers ?? {}));
  return openTelemetry({
    home,
    version: MANIFEST.version,
    clock: systemClock,
    settings: config.telemetry,
    secrets: [...secretsOf(setting), ...headers, ownerToken(home)],
    ...(otlp === undefined ? {} : { otlp }),
  });
}

/** Keys, and the values of headers and queries, which may be keys. */
function secretsOf({ providers }: Setting): readonly string[] {
  return providers.flatMap(({ apiKey, headers, baseUrl }) => [
    ...(apiKey === undefined ? [] : [apiKey]),
    ...Object.values(headers ?? {}),
    ...(baseUrl === undefined ? [] : new URL(baseUrl).searchParams.values()),
  ]);
}
