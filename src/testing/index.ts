export { openTestHost, type TestHost, type TestHostOptions } from './harness.ts';
export { manualClock, type ManualClock } from './manual-clock.ts';
export { faultyStore, type FaultPlan, type FaultyStore, type StoreMethod } from './faulty-store.ts';
export {
  blockingTool,
  failingTool,
  floodingTool,
  ledgerTool,
  readLedger,
  testTool,
  throwingTool,
} from './tools.ts';
export type { BlockingTool, LedgerLine, TestToolOptions } from './tools.ts';
export { scriptedModel } from '../model/index.ts';
export type { Gate, ScriptAnswer, ScriptedModel, ScriptedModelOptions, ScriptStep } from '../model/index.ts';
export {
  anthropicProblems,
  byRound,
  chatProblems,
  googleProblems,
  inPieces,
  responsesProblems,
  startProviderServer,
} from './provider-server/index.ts';
export type {
  Answer as ProviderAnswer,
  AnswerFunction as ProviderAnswerFunction,
  Ending,
  Ledger,
  LedgerEntry,
  LedgerKind,
  ProviderServer,
  ProviderServerOptions,
  ReceivedRequest,
  RefusedRequest,
  Script as ProviderScript,
  Step as ProviderStep,
  WireKind,
} from './provider-server/index.ts';
export { shownAction, shrink, simulate } from './simulator/index.ts';
export type {
  Action as SimulatedAction,
  PromiseName,
  ShrinkOptions,
  SimulationOptions,
  SimulationResult,
  SimulationTally,
  Violation,
} from './simulator/index.ts';
