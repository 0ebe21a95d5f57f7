import type { JsonObject } from '../base/index.ts';
import type { ProviderConfig } from '../protocol/index.ts';
import type { Config } from './layers.ts';

const HIDDEN = '(hidden)';

/** The configuration as plain data that may be printed, logged and sent: no key, no value of a header, no query of an address. */
export function redacted(config: Config): JsonObject {
  const plain = {
    model: config.model,
    daemon: config.daemon,
    providers: Object.fromEntries(
      [...config.providers].map(([name, provider]) => [name, withoutSecrets(provider)]),
    ),
    profiles: Object.fromEntries(config.profiles),
    limits: config.limits,
    tools: Object.fromEntries(config.tools),
    telemetry: config.telemetry,
    notify: Object.fromEntries(
      [...config.notify].map(([name, { kind, on }]) => [name, { kind, ...(on === undefined ? {} : { on }) }]),
    ),
    toolModules: config.toolModules,
    permissions: config.permissions,
  };
  return JSON.parse(JSON.stringify(plain)) as JsonObject;
}

function withoutSecrets(provider: ProviderConfig): ProviderConfig {
  const { apiKey, headers, baseUrl, ...rest } = provider;
  return {
    ...rest,
    ...(baseUrl === undefined ? {} : { baseUrl: baseUrl.replace(/[?#].*$/, `?${HIDDEN}`) }),
    ...(apiKey === undefined ? {} : { apiKey: HIDDEN }),
    ...(headers === undefined
      ? {}
      : { headers: Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN])) }),
  };
}
