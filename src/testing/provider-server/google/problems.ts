// What the Gemini API refuses. The model is in the URL there; the server puts it into the body as `model` before asking.
import { z } from 'zod';
import { isSealed } from '../seal.ts';
import { bracketPath, isToolSchema, shapeIssues, type ShapeIssue } from '../shape.ts';

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
type Part = z.infer<typeof Part>;

const Content = z.strictObject({
  role: z.enum(['user', 'model'], 'Please use a valid role: user, model.').optional(),
  parts: z.array(Part),
});
type Content = z.infer<typeof Content>;

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
type Body = z.infer<typeof Body>;

function inItsWords({ kind, path, key, expected }: ShapeIssue): string {
  const at = bracketPath(path);
  if (kind === 'unknown')
    return `Invalid JSON payload received. Unknown name "${key}" at '${at}': Cannot find field.`;
  if (kind === 'value') return expected.includes('.') ? expected : `Invalid value at '${at}' (${expected})`;
  return `Invalid value at '${at}' (${expected})`;
}

const DATA = ['inlineData', 'fileData', 'functionCall', 'functionResponse'] as const;

function isEmptyPart(part: Part): boolean {
  return DATA.every((name) => part[name] === undefined) && !part.text && part.thoughtSignature === undefined;
}

function emptyProblems(contents: readonly Content[]): string[] {
  if (contents.length === 0) return ['* GenerateContentRequest.contents: contents is not specified'];
  return contents.flatMap(({ parts }, i) => {
    const at = `* GenerateContentRequest.contents[${i}].parts`;
    if (parts.length === 0) return [`${at}: contents.parts must not be empty.`];
    return parts.flatMap((part, k) =>
      isEmptyPart(part)
        ? [`${at}[${k}].data: required oneof field 'data' must have one initialized field`]
        : [],
    );
  });
}

const calls = (content: Content | undefined): NonNullable<Part['functionCall']>[] =>
  (content?.parts ?? []).flatMap((part) => part.functionCall ?? []);
const responses = (content: Content | undefined): NonNullable<Part['functionResponse']>[] =>
  (content?.parts ?? []).flatMap((part) => part.functionResponse ?? []);

/** A response answers a call of its name, and of its id where both have one. */
function answers(content: Content | undefined, next: Content | undefined): boolean {
  const open = [...calls(content)];
  for (const response of responses(next)) {
    const i = open.findIndex(
      (call) =>
        call.name === response.name &&
        (call.id === undefined || response.id === undefined || call.id === response.id),
    );
    if (i === -1) return false;
    open.splice(i, 1);
  }
  return open.length === 0;
}

function turnProblems(contents: readonly Content[]): string[] {
  return contents.flatMap((content, i) => {
    const [before, after] = [contents[i - 1], contents[i + 1]];
    const problems = [];
    if (calls(content).length > 0) {
      if (i === 0 || before?.role === 'model') {
        problems.push(
          'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
        );
      }
      if (!answers(content, after)) {
        problems.push(
          'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
        );
      }
    }
    if (responses(content).length > 0 && calls(before).length === 0) {
      problems.push(
        'Please ensure that function response turn comes immediately after a function call turn.',
      );
    }
    return problems;
  });
}

function endProblems(contents: readonly Content[]): string[] {
  if (contents.at(-1)?.role !== 'model') return [];
  return ['Please ensure that multiturn requests end with a user role or a function response.'];
}

/** What clients send for a call whose signature they never had, for instance one that another provider made. */
const NO_SIGNATURE = 'skip_thought_signature_validator';

function forgedSignatures(contents: readonly Content[]): string[] {
  const signatures = contents.flatMap(({ parts }) => parts.flatMap((part) => part.thoughtSignature ?? []));
  const forged = signatures.some((signature) => signature !== NO_SIGNATURE && !isSealed(signature));
  return forged ? ['Thought signature is not valid.'] : [];
}

/** From Gemini 3 on, the first call of each step of the turn at work must bring its signature back. */
export function needsSignatures(model = ''): boolean {
  return Number(/gemini-(\d+)/.exec(model)?.[1] ?? 0) >= 3;
}

function missingSignatures({ model, contents }: Body): string[] {
  if (!needsSignatures(model)) return [];
  const start = contents.findLastIndex(
    (content) => content.role !== 'model' && responses(content).length === 0,
  );
  return contents.flatMap((content, i) => {
    const first = content.parts.find((part) => part.functionCall !== undefined);
    if (i < start || first === undefined || first.thoughtSignature !== undefined) return [];
    return [
      'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing ' +
        `thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.functionCall?.name}\`, position ${i + 1}.`,
    ];
  });
}

function toolProblems({ tools = [] }: Body): string[] {
  const declared = tools.flatMap((tool) => tool.functionDeclarations ?? []);
  const names = declared.map((declaration) => declaration.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  const invalid = declared.filter(
    ({ parametersJsonSchema }) => parametersJsonSchema !== undefined && !isToolSchema(parametersJsonSchema),
  );
  return [
    ...(twice === undefined ? [] : [`Duplicate function declaration found: ${twice}`]),
    ...invalid.map(({ name }) => `Unable to parse the JSON schema of function declaration '${name}'.`),
  ];
}

/** What is wrong with a body of `POST /v1beta/models/MODEL:streamGenerateContent`; empty when it is accepted. */
export function googleProblems(value: unknown): string[] {
  const issues = shapeIssues(Body, value);
  if (issues.length > 0) return issues.map(inItsWords);
  const body = value as Body;
  return [
    ...emptyProblems(body.contents),
    ...turnProblems(body.contents),
    ...endProblems(body.contents),
    ...forgedSignatures(body.contents),
    ...missingSignatures(body),
    ...toolProblems(body),
  ];
}
