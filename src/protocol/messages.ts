// What is sent to a model. A projection of the journal; never stored.
import type { JsonObject } from '../base/index.ts';
import type { Attachment, ProviderData } from './values.ts';

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly provider?: ProviderData;
}

export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly provider?: ProviderData;
}

export interface FilePart {
  readonly type: 'file';
  readonly file: Attachment;
}

export interface CallPart {
  readonly type: 'call';
  readonly call: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly provider?: ProviderData;
}

/** `ok` false for every outcome but success; the text says which. */
export interface ResultPart {
  readonly type: 'result';
  readonly call: string;
  readonly tool: string;
  readonly ok: boolean;
  readonly text: string;
}

export type Message =
  | { readonly role: 'user'; readonly parts: readonly (TextPart | FilePart)[] }
  | { readonly role: 'assistant'; readonly parts: readonly (TextPart | ReasoningPart | CallPart)[] }
  | { readonly role: 'tool'; readonly parts: readonly ResultPart[] };

/** A tool as a model sees it. `parameters` is a JSON Schema of an object. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}
