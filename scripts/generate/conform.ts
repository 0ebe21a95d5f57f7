// Whether the published specifications are what they say they are, by the schemas of those who define the two formats.
import { createRequire } from 'node:module';
import asyncApiSchemas from '@asyncapi/specs';
import { Ajv } from 'ajv';
import draft7 from 'ajv/dist/refs/json-schema-draft-07.json' with { type: 'json' };

/** A package that says to importers what it is not. */
const { openrpcDocument } = createRequire(import.meta.url)('@open-rpc/meta-schema') as {
  readonly openrpcDocument: Readonly<Record<string, unknown>>;
};

/** What OpenRPC's schema looks up elsewhere: what JSON Schema is, which is draft 7 and here already, and what a reference is. */
const META_SCHEMA = {
  $id: 'https://meta.json-schema.tools/',
  allOf: [{ $ref: draft7.$id }],
  definitions: { JSONSchemaObject: { properties: { $ref: { type: 'string' } } } },
};

/** Those schemas use words that only their own programs know. */
const PERMISSIVE = { strict: false, validateFormats: false, allErrors: true };

/** What is wrong with it; empty when nothing is. */
export function openRpcProblems(document: object): readonly string[] {
  const { $schema: _, ...schema } = openrpcDocument;
  const ajv = new Ajv(PERMISSIVE);
  ajv.addSchema(META_SCHEMA);
  ajv.addSchema(META_SCHEMA, 'https://meta.json-schema.tools');
  return problems(ajv, schema, document);
}

/** That schema brings draft 7 along. */
export function asyncApiProblems(document: object): readonly string[] {
  const schema = asyncApiSchemas.schemas['3.1.0'] as object;
  return problems(new Ajv({ ...PERMISSIVE, meta: false, validateSchema: false }), schema, document);
}

function problems(ajv: Ajv, schema: object, document: object): readonly string[] {
  const validate = ajv.compile(schema);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? ''}`);
}
