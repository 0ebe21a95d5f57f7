import { z } from 'zod';
import { bracketPath, shapeIssues, type ShapeIssue } from '../shape-issues.ts';

const Part = z.strictObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: z.strictObject({ mimeType: z.string(), data: z.string() }).optional(),
  fileData: z.strictObject({ mimeType: z.string().optional(), fileUri: z.string() }).optional(),
  functionCall: z
    .strictObject({
      id: z.string().optional(),
      name: z.string(),
      args: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  functionResponse: z
    .strictObject({
      id: z.string().optional(),
      name: z.string(),
      response: z.record(z.string(), z.unknown()),
      parts: z.array(z.unknown()).optional(),
    })
    .optional(),
});
export type Part = z.infer<typeof Part>;

const Content = z.strictObject({
  role: z.enum(['user', 'model'], 'Please use a valid role: user, model.').optional(),
  parts: z.array(Part),
});
export type Content = z.infer<typeof Content>;

/** The subset of OpenAPI that `parameters` takes; whole JSON Schemas go into `parametersJsonSchema`. */
const OpenApiSchema = z.strictObject({
  type: z.string().optional(),
  format: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  nullable: z.boolean().optional(),
  enum: z.array(z.string()).optional(),
  minItems: z.unknown().optional(),
  maxItems: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.unknown().optional(),
  maxLength: z.unknown().optional(),
  pattern: z.string().optional(),
  default: z.unknown().optional(),
  example: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  propertyOrdering: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), OpenApiSchema).optional();
  },
  get items() {
    return OpenApiSchema.optional();
  },
  get anyOf() {
    return z.array(OpenApiSchema).optional();
  },
});

const NAME_RULE =
  'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:) or dashes (-), with a maximum length of 64.';

const FunctionDeclaration = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, NAME_RULE),
  description: z.string(),
  parameters: OpenApiSchema.optional(),
  parametersJsonSchema: z.unknown().optional(),
  response: z.unknown().optional(),
});

const GenerationConfig = z.looseObject({
  maxOutputTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().optional(),
  topK: z.number().optional(),
  stopSequences: z.array(z.string()).max(5).optional(),
  thinkingConfig: z
    .strictObject({
      includeThoughts: z.boolean().optional(),
      thinkingBudget: z.int().optional(),
      thinkingLevel: z.string().optional(),
    })
    .optional(),
});

const known = z.unknown().optional();

const Body = z.strictObject({
  model: z.string().optional(),
  contents: z.array(Content),
  systemInstruction: z.object({ parts: z.array(Part) }).optional(),
  generationConfig: GenerationConfig.optional(),
  tools: z.array(z.looseObject({ functionDeclarations: z.array(FunctionDeclaration).optional() })).optional(),
  toolConfig: z.looseObject({}).optional(),
  safetySettings: z.array(z.looseObject({})).optional(),
  cachedContent: z.string().optional(),
  labels: known,
  serviceTier: known,
  store: known,
});
export type Body = z.infer<typeof Body>;

function inItsWords({ kind, path, key, expected }: ShapeIssue): string {
  const at = bracketPath(path);
  if (kind === 'unknown')
    return `Invalid JSON payload received. Unknown name "${key}" at '${at}': Cannot find field.`;
  if (kind === 'value') return expected.includes('.') ? expected : `Invalid value at '${at}' (${expected})`;
  return `Invalid value at '${at}' (${expected})`;
}

/** Differences from the schema, in the words of this provider. */
export function shapeProblems(value: unknown): string[] {
  return shapeIssues(Body, value).map(inItsWords);
}
