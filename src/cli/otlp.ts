// Where traces and metrics go: the standard variables of OpenTelemetry, above the setting.
import type { TelemetrySettings } from '../config/index.ts';
import type { OtlpSettings } from '../daemon/index.ts';
import { CarrelError } from '../protocol/errors.ts';
import type { Invocation } from './invocation.ts';

type Signal = 'traces' | 'metrics';

/** As the specification says, ms. */
const TIMEOUT_MS = 10_000;
const LONGEST_TIMEOUT_MS = 60_000;

/**
 * Undefined when no collector is named, or all of it is switched off. `invalid_params` for an address that is none, a timeout that is
 * no number, and a protocol that is not spoken.
 */
export function otlpSettings(env: Invocation['env'], settings: TelemetrySettings): OtlpSettings | undefined {
  if (said(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const [traces, metrics] = [target(env, settings, 'traces'), target(env, settings, 'metrics')];
  if (traces === undefined && metrics === undefined) return undefined;
  return {
    ...(traces === undefined ? {} : { traces }),
    ...(metrics === undefined ? {} : { metrics }),
    timeoutMs: timeout(env),
    metricsMs: settings.otlpMetricsMs,
    content: settings.content,
    resource: {
      'service.name': 'carrel',
      ...pairs(env, 'OTEL_RESOURCE_ATTRIBUTES'),
      ...only('service.name', said(env, 'OTEL_SERVICE_NAME')),
    },
  };
}

function target(
  env: Invocation['env'],
  { otlpEndpoint }: TelemetrySettings,
  signal: Signal,
): OtlpSettings[Signal] | undefined {
  const upper = signal.toUpperCase();
  if (said(env, `OTEL_${upper}_EXPORTER`) === 'none') return undefined;
  const own = `OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`;
  const base = said(env, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? otlpEndpoint;
  const url = said(env, own) ?? (base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/${signal}`);
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw wrong(own, 'it must be an http or https address');
  for (const name of ['OTEL_EXPORTER_OTLP_PROTOCOL', `OTEL_EXPORTER_OTLP_${upper}_PROTOCOL`]) {
    const protocol = said(env, name);
    if (protocol !== undefined && !protocol.startsWith('http/'))
      throw wrong(name, `${JSON.stringify(protocol)} is not spoken: leave it out, or say http/json`);
  }
  const headers = {
    ...pairs(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
    ...pairs(env, `OTEL_EXPORTER_OTLP_${upper}_HEADERS`),
  };
  return { url, headers };
}

function timeout(env: Invocation['env']): number {
  const text = said(env, 'OTEL_EXPORTER_OTLP_TIMEOUT');
  if (text === undefined) return TIMEOUT_MS;
  const ms = Number(text);
  if (Number.isInteger(ms) && ms > 0 && ms <= LONGEST_TIMEOUT_MS) return ms;
  throw wrong('OTEL_EXPORTER_OTLP_TIMEOUT', `it must be 1 to ${String(LONGEST_TIMEOUT_MS)} ms`);
}

/** `a=b,c=d`, values percent-encoded. */
function pairs(env: Invocation['env'], name: string): Record<string, string> {
  const entries = (said(env, name) ?? '').split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    entries.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw wrong(name, 'it must be NAME=VALUE, with commas between');
      return [pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim(), name)];
    }),
  );
}

function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw wrong(name, 'a value has a % that is no percent-encoding', cause);
  }
}

function said(env: Invocation['env'], name: string): string | undefined {
  const text = env[name]?.trim() ?? '';
  return text === '' ? undefined : text;
}

function only(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** Never with the value: it may hold a key. */
function wrong(key: string, why: string, cause?: unknown): CarrelError {
  return new CarrelError('invalid_params', `${key} is wrong: ${why}`, { data: { key }, cause });
}
