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
  Answer,
  AnswerFunction,
  Ending,
  Ledger,
  LedgerEntry,
  LedgerKind,
  ProviderServer,
  ProviderServerOptions,
  ReceivedRequest,
  RefusedRequest,
  Script,
  Step,
  WireKind,
} from './provider-server/index.ts';
