// What the Gemini API refuses. The model is in the URL there; the server puts it into the body as `model` before asking.
import { isSealed } from '../seal.ts';
import { isToolSchema } from '../shape-issues.ts';
import { shapeProblems, type Body, type Content, type Part } from './shape.ts';

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
  const misshapen = shapeProblems(value);
  if (misshapen.length > 0) return misshapen;
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
