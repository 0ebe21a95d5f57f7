// The calls of the protocol as an OpenRPC document: what `methods.md` says to people, for programs that make clients.
import type { z } from 'zod';
import { CONNECTION_METHODS, ERRORS, METHODS } from '../../src/protocol/index.ts';
import { Components } from './components.ts';
import { CONNECTION_EXAMPLES, METHOD_EXAMPLES } from './examples.ts';
import type { Describe } from './markdown.ts';
import type { Schema } from './schemas.ts';

interface Row {
  readonly params: z.ZodObject;
  readonly result: z.ZodType;
  readonly scope?: string;
}

interface Example {
  readonly params: object;
  readonly result: unknown;
}

const ROWS: Readonly<Record<string, Row>> = { ...CONNECTION_METHODS, ...METHODS };
const EXAMPLES: Readonly<Record<string, Example>> = { ...CONNECTION_EXAMPLES, ...METHOD_EXAMPLES };

export function openRpc(version: string, describe: Describe): object {
  const components = new Components();
  const methods = Object.entries(ROWS).map(([name, row]) => method(name, row, { components, describe }));
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Carrel',
      version,
      description:
        'JSON-RPC 2.0, one message a WebSocket text frame (/rpc), a line of the local socket, or the body of POST /rpc. An error has its code in data.code.',
      license: { name: 'MIT' },
    },
    servers: [{ name: 'this machine', url: 'http://127.0.0.1:4680/rpc' }],
    methods,
    components: { schemas: components.all, errors: errors() },
  };
}

interface Making {
  readonly components: Components;
  readonly describe: Describe;
}

function method(name: string, { params, result, scope }: Row, { components, describe }: Making): object {
  const { properties = {}, required = [] } = components.of(params);
  const description = describe(name);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(scope === undefined ? {} : { tags: [{ name: scope, description: `needs the scope ${scope}` }] }),
    paramStructure: 'by-name',
    params: Object.entries(properties).map(([param, schema]) =>
      descriptor(param, schema, { required: required.includes(param), description: describe(param, name) }),
    ),
    result: descriptor('result', components.of(result), { required: true, description: undefined }),
    errors: Object.keys(ERRORS).map((code) => ({ $ref: `#/components/errors/${code}` })),
    examples: examplesOf(name),
  };
}

interface Said {
  readonly required: boolean;
  readonly description: string | undefined;
}

function descriptor(name: string, schema: Schema, { required, description }: Said): object {
  return { name, ...(description === undefined ? {} : { description }), required, schema };
}

function examplesOf(name: string): readonly object[] {
  const example = EXAMPLES[name];
  if (example === undefined)
    throw new Error(`${name} has no example: add one in scripts/generate/examples.ts`);
  const params = Object.entries(example.params).map(([param, value]) => ({
    name: param,
    value: value as unknown,
  }));
  return [{ name, params, result: { name: 'result', value: example.result } }];
}

function errors(): object {
  return Object.fromEntries(
    Object.entries(ERRORS).map(([code, { rpc, meaning }]) => [
      code,
      { code: rpc, message: meaning, data: { code } },
    ]),
  );
}
