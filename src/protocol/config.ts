// The shape of the files that people and `carrel` write in a home or a project. Bounds of numbers are not here but in the
// table of settings, which also says where each key may be set; this says which keys exist and what kind they are.
import { z } from 'zod';
import { Budget, Price } from './budget.ts';
import { SessionName } from './ids.ts';
import { NotificationKind } from './notification.ts';
import { Profile, SessionLimits } from './profile.ts';
import { Grant } from './values.ts';

/** `auto`, or `provider/model`; the model's part may hold further slashes. */
export const ModelId = z.string().regex(/^(auto|[A-Za-z0-9][A-Za-z0-9_-]*\/\S+)$/);

/** One that is named: `auto` chooses for a session, not for its parts. */
const ModelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*\/\S+$/);

/** `offline` is the name of the built-in provider of `offline/practice`. */
export const ProviderName = z.string().regex(/^(?!offline$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);

export const ProviderKind = z.enum(['openai', 'openai-compatible', 'anthropic', 'google']);
export type ProviderKind = z.infer<typeof ProviderKind>;

/** What one model can do, where its provider does not say or says it wrong. */
export const ModelConfig = z.strictObject({
  contextTokens: z.int().positive().optional(),
  outputTokens: z.int().positive().optional(),
  tools: z.boolean().optional(),
  images: z.boolean().optional(),
  reasoning: z.boolean().optional(),
  temperature: z.enum(['free', 'fixed']).optional(),
  /** 0 and 0 for a model that costs nothing. */
  price: Price.optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

/** An address of a server; credentials in it would reach logs, so they are refused. */
const BaseUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !URL.canParse(url) || `${new URL(url).username}${new URL(url).password}` === '');

export const ProviderConfig = z
  .strictObject({
    kind: ProviderKind,
    baseUrl: BaseUrl.optional(),
    apiKey: z.string().min(1).optional(),
    /** Upper case only: a key pasted here by mistake is refused before it is printed as the name of a variable. */
    apiKeyEnv: z
      .string()
      .regex(/^[A-Z_][A-Z0-9_]*$/)
      .optional(),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/), z.string().regex(/^[^\r\n\0]*$/))
      .optional(),
    models: z.record(z.string().min(1), ModelConfig).optional(),
    requestsPerMinute: z.int().positive().optional(),
    tokensPerMinute: z.int().positive().optional(),
  })
  .refine((provider) => provider.apiKey === undefined || provider.apiKeyEnv === undefined, {
    path: ['apiKeyEnv'],
    error: 'stands beside apiKey; keep one of the two',
  })
  .refine((provider) => provider.kind !== 'openai-compatible' || provider.baseUrl !== undefined, {
    path: ['baseUrl'],
    error: 'is missing; a provider of kind "openai-compatible" needs the address of its server',
  });
export type ProviderConfig = z.infer<typeof ProviderConfig>;

const Denials = z.strictObject({
  tools: z.array(z.string()).optional(),
  paths: z.array(z.string()).optional(),
});

/** Changes to a built-in profile, or a new one that starts from the built-in `default`. */
export const ProfileConfig = z.strictObject({
  ...Profile.omit({ name: true, limits: true, deny: true, credentials: true }).partial().shape,
  model: ModelId.optional(),
  summaryModel: ModelName.optional(),
  /** A list is joined by line breaks: JSON has no text of several lines. */
  prompt: z.union([z.string(), z.array(z.string())]).optional(),
  deny: Denials.optional(),
  limits: z.strictObject(SessionLimits.partial().shape).optional(),
});
export type ProfileConfig = z.infer<typeof ProfileConfig>;

/** The bounds of one host. */
export const HostLimits = z.object({
  turns: z.int(),
  requestsPerProvider: z.int(),
  toolsAtOnce: z.int(),
  toolProcesses: z.int(),
  toolMemoryMb: z.int(),
  waitingTurns: z.int(),
  waitMs: z.int(),
  reservePercent: z.int(),
  agedAfterMs: z.int(),
  liveSessions: z.int(),
  asleepAfterMs: z.int(),
  memoryMb: z.int(),
  sessionMemoryMb: z.int(),
});
export type HostLimits = z.infer<typeof HostLimits>;

/** What a daemon lets in, and what one token may use of it. */
export const DaemonLimits = z.object({
  connections: z.int(),
  strangers: z.int(),
  tokenConnections: z.int(),
  tokenFollows: z.int(),
  tokenRequestsPerSecond: z.int(),
  tokenSessionsPerHour: z.int(),
  tokenStoredMbPerDay: z.int(),
});
export type DaemonLimits = z.infer<typeof DaemonLimits>;

/** A call that need not be asked about: this tool; with `path` only below it, or only this exact command. */
export const AllowRule = z.strictObject({ tool: z.string().min(1), path: z.string().min(1).optional() });
export type AllowRule = z.infer<typeof AllowRule>;

/** Bounds of one tool in a host. */
export const ToolConfig = z.strictObject({ atOnce: z.int().positive().optional() });
export type ToolConfig = z.infer<typeof ToolConfig>;

/** What a daemon says of itself, and to whom. */
export const TelemetryConfig = z.strictObject({
  metrics: z.enum(['token', 'loopback']).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).optional(),
  logMb: z.int().optional(),
  healthMs: z.int().optional(),
  otlpEndpoint: BaseUrl.optional(),
  otlpMetricsMs: z.int().optional(),
  content: z.boolean().optional(),
});
export type TelemetryConfig = z.infer<typeof TelemetryConfig>;

/** How commands of the command line work: through the daemon, only if it runs, or each by itself. */
export const DaemonUse = z.enum(['start', 'use', 'off']);
export type DaemonUse = z.infer<typeof DaemonUse>;
const VariableName = z.string().regex(/^[A-Z_][A-Z0-9_]*$/);
/** Shorter secrets can be guessed from a signed body. */
const SHORTEST_SECRET = 16;

/** Where notifications go. */
export const NotifyConfig = z
  .strictObject({
    kind: z.enum(['webhook', 'ntfy', 'command']),
    on: z.array(NotificationKind).optional(),
    url: BaseUrl.optional(),
    secret: z.string().min(SHORTEST_SECRET).optional(),
    secretEnv: VariableName.optional(),
    command: z.array(z.string().min(1)).min(1).optional(),
  })
  .refine(({ kind, url }) => (kind === 'command') === (url === undefined), {
    path: ['url'],
    error: 'is the address of a webhook or a topic of ntfy; a command has none',
  })
  .refine(({ kind, command }) => (kind === 'command') === (command !== undefined), {
    path: ['command'],
    error: 'is for the kind "command", which needs one',
  })
  .refine(
    ({ kind, secret, secretEnv }) =>
      kind !== 'webhook' || (secret === undefined) !== (secretEnv === undefined),
    { path: ['secret'], error: 'signs a webhook: give it, or secretEnv, and not both' },
  );
export type NotifyConfig = z.infer<typeof NotifyConfig>;

/** `config.jsonc` of a home, and `.carrel/config.jsonc` of a project. */
export const ConfigFile = z.strictObject({
  /** For editors; not read. */
  $schema: z.string().optional(),
  model: ModelId.optional(),
  daemon: DaemonUse.optional(),
  providers: z.record(ProviderName, ProviderConfig).optional(),
  profiles: z.record(SessionName, ProfileConfig).optional(),
  limits: z
    .strictObject({
      ...HostLimits.partial().shape,
      ...SessionLimits.partial().shape,
      ...DaemonLimits.partial().shape,
    })
    .optional(),
  tools: z.record(z.string().min(1), ToolConfig).optional(),
  notify: z.record(SessionName, NotifyConfig).optional(),
  /** Of every profile; a profile's own is laid over it, limit by limit. */
  budget: Budget.optional(),
  telemetry: TelemetryConfig.optional(),
  /** Modules that export tools; a relative path starts at the folder of the file. */
  toolModules: z.array(z.string().min(1)).optional(),
  permissions: z.strictObject({ allow: z.array(AllowRule).optional(), deny: Denials.optional() }).optional(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

/** `permissions.json`: what people allowed for always. */
export const GrantsFile = z.object({ version: z.literal(1), grants: z.array(Grant) });
export type GrantsFile = z.infer<typeof GrantsFile>;

/** `trusted.json`: folders by real path, with the digest of the project's configuration that was trusted. */
export const TrustFile = z.object({
  version: z.literal(1),
  folders: z.record(z.string(), z.object({ config: z.string() })),
});
export type TrustFile = z.infer<typeof TrustFile>;
