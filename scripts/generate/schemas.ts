import { z } from 'zod';
import * as protocol from '../../src/protocol/index.ts';

/** The part of JSON Schema that our shapes use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly $defs?: Readonly<Record<string, Schema>>;
  /** What draft 7 calls `$defs`. */
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const { COMMANDS, CommandId, CONNECTION_METHODS, EVENTS, eventSchema, METHODS } = protocol;
const keys = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];

/** What has a name of its own in the schemas: every shape that the protocol exports. */
const named = z.registry<{ id: string }>();
for (const [id, value] of Object.entries(protocol)) {
  if (value instanceof z.ZodType) named.add(value, { id });
}

const events = keys(EVENTS).map((type) => eventSchema(type));
const commands = keys(COMMANDS).map((type) =>
  z.strictObject({ type: z.literal(type), id: CommandId, ...COMMANDS[type].shape }),
);

function jsonSchema(title: string, schema: z.ZodType): Schema {
  const made = z.toJSONSchema(schema, { metadata: named, io: 'input', unrepresentable: 'any' });
  return { title, ...made } as Schema;
}

export const eventsSchema = jsonSchema('An event of a Carrel session', z.union(events));
export const commandsSchema = jsonSchema('A command to a Carrel session', z.union(commands));

/** What a method takes and gives. */
export interface MethodSchema {
  readonly name: string;
  readonly scope: string;
  readonly params: Schema;
  readonly result: Schema;
}

export const methodSchemas: readonly MethodSchema[] = keys(METHODS).map((name) => ({
  name,
  scope: METHODS[name].scope,
  params: jsonSchema(name, METHODS[name].params),
  result: jsonSchema(name, METHODS[name].result),
}));

export const connectionSchemas: readonly Omit<MethodSchema, 'scope'>[] = keys(CONNECTION_METHODS).map(
  (name) => ({
    name,
    params: jsonSchema(name, CONNECTION_METHODS[name].params),
    result: jsonSchema(name, CONNECTION_METHODS[name].result),
  }),
);
