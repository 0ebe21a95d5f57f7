// What the server must know about one wire format. The formats share one player; each says only how it looks on the wire.
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../base/index.ts';
import type { Usage } from '../../protocol/index.ts';

/** Named as in the configuration: `openai` is the Responses format, `openai-compatible` is chat completions. */
export type WireKind = 'openai' | 'openai-compatible' | 'anthropic' | 'google';

/** One part of the answer while it grows. `index` numbers the parts, `ordinal` the parts of the same kind. */
export interface Part {
  readonly kind: 'text' | 'reasoning' | 'call';
  readonly index: number;
  readonly ordinal: number;
  readonly tool: string;
  /** Given by the script; the format makes its own otherwise. */
  readonly callId: string | undefined;
  text: string;
  signature: string | undefined;
  /** The arguments were cut by the script. */
  cut: boolean;
}

export interface Failure {
  readonly status: number;
  readonly message?: string | undefined;
  readonly retryAfter?: number | undefined;
  /** Some refusals have a code of their own in some formats. */
  readonly reason?: 'no-key' | 'bad-key' | 'unknown-model' | 'overflow' | 'invalid' | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type FinishReason = 'stop' | 'length' | 'calls' | 'filter';

export interface Finish {
  readonly reason: FinishReason;
  readonly usage: Usage;
}

/** Encodes one answer. Each method gives the bytes to send as text, empty where the format (or the request) has nothing there. */
export interface Encoder {
  open(): string;
  begin(part: Part): string;
  delta(part: Part, text: string): string;
  end(part: Part): string;
  ping(): string;
  finish(finish: Finish): string;
  fail(failure: Failure): string;
}

/** What the player and scripts need of a valid body. */
export interface BodySummary {
  readonly streaming: boolean;
  /** Tool rounds since the last user message. */
  readonly rounds: number;
  /** Text of the last user message. */
  readonly text: string;
}

export interface EncoderContext {
  readonly model: string;
  readonly body: JsonObject;
  /** Unique in the life of this process. */
  readonly id: string;
  /** Estimated tokens of the request. */
  readonly inputTokens: number;
  readonly at: number;
}

export interface Wire {
  readonly kind: WireKind;
  /** What a client's base URL ends with. */
  readonly basePath: string;
  /** Whether this path asks for an answer, and of which model when the path names it. */
  route(path: string): { readonly model?: string } | undefined;
  /** The key as the client gave it, or the refusal for giving none (or for lacking another required header). */
  key(headers: IncomingHttpHeaders, query: URLSearchParams): { readonly key: string } | Failure;
  /** What is wrong with a body in the provider's words; empty when it is fine. Pure. */
  problems(body: unknown): string[];
  summary(body: JsonObject): BodySummary;
  refusal(failure: Failure): HttpAnswer;
  models(ids: readonly string[]): JsonObject;
  encoder(context: EncoderContext): Encoder;
}

/** One server-sent event. */
export function sse(data: unknown, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
