// One turn as one message of the AI SDK's UI message stream: items go in, parts come out. Pure, and without that SDK: the same items
// give the same parts, so a page that comes back is shown the turn again from its start.
import type { DeltaFrame, EventOf, SessionEvent, ViewItem } from '../../protocol/index.ts';
import type { UiChunk } from './chunks.ts';
import { UiStep } from './step.ts';

export type TurnFinished = EventOf<'turn.finished'>;

/** Items of one session, of which those of one turn count; any others give nothing. */
export class UiMessage {
  readonly #turn: string;
  readonly #asked = new Set<string>();
  readonly #invalid = new Set<string>();
  #step: UiStep | undefined;

  constructor(turn: string) {
    this.#turn = turn;
  }

  start(session: string): readonly UiChunk[] {
    const messageMetadata = { session, turn: this.#turn };
    return [{ type: 'start', messageId: this.#turn, messageMetadata }];
  }

  take(item: ViewItem): readonly UiChunk[] {
    if (item.type === 'delta') return this.#delta(item);
    return item.turn === this.#turn ? this.#event(item) : [];
  }

  /** The turn rests: it waits for a human, or for someone to continue it. */
  rest(): readonly UiChunk[] {
    return [...this.#endStep(), { type: 'finish', finishReason: 'tool-calls' }];
  }

  #delta(frame: DeltaFrame): readonly UiChunk[] {
    return this.#step?.id === frame.step ? this.#step.delta(frame) : [];
  }

  #event(event: SessionEvent): readonly UiChunk[] {
    switch (event.type) {
      case 'step.started': {
        const ended = this.#endStep();
        this.#step = new UiStep(event.step);
        return [...ended, { type: 'start-step' }];
      }
      case 'step.retried':
        return event.data.shown ? (this.#step?.retry() ?? []) : [];
      case 'text.ended':
      case 'reasoning.ended':
        return this.#step?.ended(event) ?? [];
      case 'turn.finished':
        return [...this.#endStep(), ...ending(event)];
      default:
        return event.call === undefined ? [] : this.#call(event, event.call);
    }
  }

  #call(event: SessionEvent, toolCallId: string): readonly UiChunk[] {
    switch (event.type) {
      case 'tool.requested':
        return [this.#requested(event, toolCallId)];
      case 'approval.requested': {
        this.#asked.add(toolCallId);
        const { summary, path, why, expiresAt } = event.data;
        const approvalDescriptor = { summary, expiresAt, ...(path === undefined ? {} : { path }) };
        return [
          {
            type: 'tool-approval-request',
            approvalId: toolCallId,
            toolCallId,
            reason: why,
            approvalDescriptor,
          },
        ];
      }
      case 'approval.resolved': {
        this.#asked.add(toolCallId);
        const { decision, reason } = event.data;
        const said = reason === undefined ? {} : { reason };
        return [answered(toolCallId, decision === 'allow', said)];
      }
      case 'approval.expired':
        return [answered(toolCallId, false, { reason: 'nobody answered in time' })];
      case 'tool.finished':
        return this.#finished(event, toolCallId);
      default:
        return [];
    }
  }

  #requested({ data }: EventOf<'tool.requested'>, toolCallId: string): UiChunk {
    const { tool: toolName, args, invalid, raw } = data;
    const call = { toolCallId, toolName, dynamic: true } as const;
    if (invalid === undefined) return { type: 'tool-input-available', ...call, input: args };
    this.#invalid.add(toolCallId);
    return { type: 'tool-input-error', ...call, input: raw ?? args, errorText: invalid.message };
  }

  #finished({ data }: EventOf<'tool.finished'>, toolCallId: string): readonly UiChunk[] {
    if (this.#invalid.has(toolCallId)) return [];
    const { status, output, error } = data;
    if (status === 'ok')
      return [{ type: 'tool-output-available', toolCallId, output: output.text, dynamic: true }];
    // What nobody was asked about was denied by a rule, and a page has no question to show beside it.
    if (status === 'denied' && this.#asked.has(toolCallId))
      return [{ type: 'tool-output-denied', toolCallId }];
    const errorText = error?.message ?? (output.text === '' ? status : output.text);
    return [{ type: 'tool-output-error', toolCallId, errorText, dynamic: true }];
  }

  #endStep(): readonly UiChunk[] {
    const ended = this.#step === undefined ? [] : [{ type: 'finish-step' } as const];
    this.#step = undefined;
    return ended;
  }
}

function answered(approvalId: string, approved: boolean, said: { readonly reason?: string }): UiChunk {
  return { type: 'tool-approval-response', approvalId, approved, ...said };
}

const REASONS = { completed: 'stop', length: 'length', halted: 'other' } as const;

function ending({ data }: TurnFinished): readonly UiChunk[] {
  const { outcome, why, error } = data;
  const messageMetadata = { outcome, why };
  // The SDK's own chat takes an `abort` for its own, and tells nobody: the outcome stands in the message.
  if (outcome === 'cancelled')
    return [
      { type: 'message-metadata', messageMetadata },
      { type: 'abort', reason: why },
    ];
  if (outcome === 'failed' || outcome === 'interrupted')
    return [
      { type: 'error', errorText: error?.message ?? why },
      { type: 'finish', finishReason: 'error', messageMetadata },
    ];
  return [{ type: 'finish', finishReason: REASONS[outcome], messageMetadata }];
}
