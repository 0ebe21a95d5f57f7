export { Conversation } from './conversation.ts';
export type {
  CallPiece,
  CallResult,
  Entry,
  StepEntry,
  Summary,
  TextPiece,
  UserEntry,
} from './conversation.ts';
export { decide } from './decide/index.ts';
export { birthOf, childId, isBelow } from './child-id.ts';
export type {
  AnyCommand,
  CreateCommand,
  Decided,
  EffectCommand,
  Facts,
  Judgement,
  Lineage,
  PartText,
  Refusal,
  RequestedCall,
} from './decide/command.ts';
export { effects, wakeAt, type Effect } from './effects.ts';
export { emptyState, RUNTIME, STATE_VERSION } from './state.ts';
export type { CallState, CompactionState, QueuedInput, SessionState, StepState, TurnState } from './state.ts';
export { contextTokens, entryTokens, findCut, type Cut } from './budget.ts';
export { budgetLines, needsPrice, unpriced, type Estimate } from './limits.ts';
export { compactionReport, contextReport, type FixedTexts, type ReportOptions, type Room } from './report.ts';
export { systemText, type InForce } from './compose.ts';
export { messageTokens } from './fit.ts';
export { estimateTokens } from './tokens.ts';
export { evolve } from './evolve.ts';
export { fullAt, MAX_FUTILE, mayCompact } from './compaction/may-compact.ts';
export { planCompaction, type Futile, type Plan } from './compaction/plan.ts';
export { nonsense, SUMMARY_SYSTEM, summaryRequest, takeSummary, type Taken } from './compaction/summary.ts';
export { endOfInput } from './ending.ts';
export { Reading } from './reading.ts';
export { Place } from './place.ts';
export { FORBIDDEN, MAY_REST, NEXT, statusOf, STATUSES } from './status.ts';
export { renderMarkdown, type MarkdownOptions } from './markdown.ts';
export { summaryOf } from './summary.ts';
export {
  CONTINUE_NOTE,
  CUT_NOTE,
  transcript,
  transcriptProblems,
  type TranscriptOptions,
} from './transcript.ts';
export { UI_STREAM_HEADER, uiChunks, type UiChunk, type UiStart } from './ui/index.ts';
