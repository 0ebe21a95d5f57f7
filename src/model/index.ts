export type {
  Credentials,
  Allowance,
  Model,
  ModelCapabilities,
  ModelContext,
  ModelFailure,
  ModelPart,
  ModelRequest,
  Models,
  RateLimits,
} from './port.ts';
export { chooseAuto } from './auto.ts';
export type { AutoChoice, AutoOptions, AutoProvider } from './auto.ts';
export { GRAMMAR } from './practice/grammar.ts';
export { PRACTICE_ID, practiceModel } from './practice/model.ts';
export type { PracticeOptions } from './practice/model.ts';
export { probeServer } from './probe.ts';
export type { Probe, ProbeOptions } from './probe.ts';
export { providerModel } from './providers/model.ts';
export { DEFAULT_BASE_URL } from './providers/options.ts';
export type { ProviderOptions, ProviderWorld } from './providers/options.ts';
export { createModels } from './registry.ts';
export type { ModelsOptions } from './registry.ts';
export { MAX_ATTEMPTS, retryDelay } from './retry.ts';
export type { RetryQuestion } from './retry.ts';
export { scriptedModel } from './scripted.ts';
export type {
  Gate,
  ScriptAnswer,
  ScriptedModel,
  ScriptedModelOptions,
  ScriptStep,
  ScriptText,
} from './scripted.ts';
export { capabilitiesOf } from './capabilities.ts';
export { BUILT_IN_PROVIDERS, LOCAL_SERVERS, serviceOf } from './services.ts';
export type { BuiltInProvider, LocalServer } from './services.ts';
export { withBuiltIns } from './with-built-ins.ts';
