// The parts of the AI SDK's UI message stream (version 1) that a session has something for; names are the protocol's.

/** The header that says what the body is, and its value. */
export const UI_STREAM_HEADER = ['x-vercel-ai-ui-message-stream', 'v1'] as const;

interface Start {
  readonly type: 'start';
  /** The turn: what continues it later continues the same message. */
  readonly messageId: string;
  readonly messageMetadata: { readonly session: string; readonly turn: string };
}

interface Piece {
  readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end';
  readonly id: string;
}

interface Delta {
  readonly type: 'text-delta' | 'reasoning-delta';
  readonly id: string;
  readonly delta: string;
}

interface ToolInput {
  readonly type: 'tool-input-available';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  /** A page does not know the tools of a session beforehand. */
  readonly dynamic: true;
}

interface ToolInputError extends Omit<ToolInput, 'type'> {
  readonly type: 'tool-input-error';
  readonly errorText: string;
}

interface Asked {
  readonly type: 'tool-approval-request';
  /** That of the call. */
  readonly approvalId: string;
  readonly toolCallId: string;
  readonly reason: string;
  readonly approvalDescriptor: {
    readonly summary: string;
    readonly path?: string;
    readonly expiresAt: number;
  };
}

interface Answered {
  readonly type: 'tool-approval-response';
  readonly approvalId: string;
  readonly approved: boolean;
  readonly reason?: string;
}

interface ToolOutput {
  readonly type: 'tool-output-available';
  readonly toolCallId: string;
  readonly output: string;
  readonly dynamic: true;
}

interface ToolError {
  readonly type: 'tool-output-error';
  readonly toolCallId: string;
  readonly errorText: string;
  readonly dynamic: true;
}

interface ToolDenied {
  readonly type: 'tool-output-denied';
  readonly toolCallId: string;
}

interface Bare {
  readonly type: 'start-step' | 'finish-step' | 'reset-step';
}

interface Finish {
  readonly type: 'finish';
  readonly finishReason: 'stop' | 'length' | 'tool-calls' | 'error' | 'other';
  readonly messageMetadata?: { readonly outcome: string; readonly why: string };
}

interface Metadata {
  readonly type: 'message-metadata';
  readonly messageMetadata: { readonly outcome: string; readonly why: string };
}

interface Abort {
  readonly type: 'abort';
  readonly reason: string;
}

interface Failure {
  readonly type: 'error';
  readonly errorText: string;
}

export type UiChunk =
  | Start
  | Piece
  | Delta
  | ToolInput
  | ToolInputError
  | Asked
  | Answered
  | ToolOutput
  | ToolError
  | ToolDenied
  | Bare
  | Finish
  | Metadata
  | Abort
  | Failure;
