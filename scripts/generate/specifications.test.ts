// What is published about the wire: by the rules of both formats, complete, and shown by examples that hold.
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { CONNECTION_METHODS, ERRORS, METHODS, NOTIFICATIONS } from '../../src/protocol/index.ts';
import { asyncApi } from './asyncapi.ts';
import { asyncApiProblems, openRpcProblems } from './conform.ts';
import { openRpc } from './openrpc.ts';

interface Descriptor {
  readonly name: string;
  readonly required: boolean;
}

interface Value {
  readonly name: string;
  readonly value: unknown;
}

interface OpenRpc {
  readonly methods: readonly {
    readonly name: string;
    readonly params: readonly Descriptor[];
    readonly errors: readonly { readonly $ref: string }[];
    readonly examples: readonly { readonly params: readonly Value[]; readonly result: Value }[];
  }[];
  readonly components: { readonly schemas: object; readonly errors: Readonly<Record<string, object>> };
}

interface AsyncApi {
  readonly operations: Readonly<Record<string, { readonly action: string }>>;
  readonly components: {
    readonly schemas: object;
    readonly messages: Readonly<
      Record<string, { readonly examples: readonly { readonly payload: unknown }[] }>
    >;
  };
}

const rpc = openRpc('1.2.3', () => undefined) as OpenRpc;
const async = asyncApi('1.2.3', () => undefined) as AsyncApi;
const NAMES = [...Object.keys(CONNECTION_METHODS), ...Object.keys(METHODS)];

/** Says of a place in a document what does not fit its schema; components are made ready once. */
function fitting(document: object): (place: string, value: unknown) => unknown {
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, 'document');
  return (place, value) => {
    const validate = ajv.getSchema(`document#/${place}`);
    if (validate === undefined) throw new Error(`there is nothing at ${place}`);
    return validate(value) === true ? undefined : validate.errors;
  };
}

describe('OpenRPC', () => {
  it('is a document of its format, and a broken one is found', () => {
    expect(openRpcProblems(rpc)).toEqual([]);
    expect(openRpcProblems({ ...rpc, info: undefined })).not.toEqual([]);
    const slip = {
      ...rpc,
      methods: [{ ...rpc.methods[0], result: { name: 'r', schema: { type: 'strin' } } }],
    };
    expect(openRpcProblems(slip)).not.toEqual([]);
  });

  it('has every method and every error', () => {
    expect(rpc.methods.map(({ name }) => name)).toEqual(NAMES);
    expect(Object.keys(rpc.components.errors)).toEqual(Object.keys(ERRORS));
    expect(rpc.components.errors['not_found']).toEqual({
      code: ERRORS.not_found.rpc,
      message: ERRORS.not_found.meaning,
      data: { code: 'not_found' },
    });
  });

  const misfit = fitting(rpc);
  it.each(rpc.methods)('shows $name by an example that holds', ({ name: method, params, examples }) => {
    expect(examples).toHaveLength(1);
    const at = `methods/${String(NAMES.indexOf(method))}`;
    for (const example of examples) {
      const given = new Map(example.params.map(({ name, value }) => [name, value]));
      for (const [n, { name, required }] of params.entries()) {
        if (required) expect(given.has(name)).toBe(true);
        if (given.has(name))
          expect(misfit(`${at}/params/${String(n)}/schema`, given.get(name))).toBeUndefined();
        given.delete(name);
      }
      expect([...given.keys()]).toEqual([]);
      expect(misfit(`${at}/result/schema`, example.result.value)).toBeUndefined();
    }
  });
});

describe('AsyncAPI', () => {
  it('is a document of its format, and a broken one is found', () => {
    expect(asyncApiProblems(async)).toEqual([]);
    expect(asyncApiProblems({ ...async, info: undefined })).not.toEqual([]);
    expect(asyncApiProblems({ ...async, operations: { a: { action: 'shout' } } })).not.toEqual([]);
  });

  it('has an operation for every method and notification, and one for the stream', () => {
    const dotted = [...NAMES, ...Object.keys(NOTIFICATIONS)].map((name) => name.replace('/', '.'));
    expect(Object.keys(async.operations)).toEqual([...dotted, 'session.events.stream']);
  });

  const misfit = fitting(async);
  it.each(Object.entries(async.components.messages))('shows %s by an example that holds', (name, message) => {
    const at = `components/messages/${name}/payload`;
    expect(message.examples).toHaveLength(1);
    for (const { payload } of message.examples) expect(misfit(at, payload)).toBeUndefined();
    expect(misfit(at, { jsonrpc: '1.0' })).toBeDefined();
  });
});
