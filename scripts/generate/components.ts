// The shapes of the protocol as the published specifications want them: JSON Schema of draft 7, which both share, and every shape
// that has a name once, among the components.
import { z } from 'zod';
import * as protocol from '../../src/protocol/index.ts';
import type { Schema } from './schemas.ts';

const { DeltaFrame, EVENTS, eventSchema, ERRORS, RpcError, SessionEvent, ViewItem } = protocol;
const keys = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];

const named = z.registry<{ id: string }>();
for (const [id, value] of Object.entries(protocol)) {
  if (value instanceof z.ZodType) named.add(value, { id });
}

/** What the wire checks by hand, because it is made here and not taken from outside, is spelt out for others. */
const SPELT: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  [idOf(SessionEvent), z.union(keys(EVENTS).map((type) => eventSchema(type)))],
  [idOf(ViewItem), z.union([SessionEvent, DeltaFrame])],
  [
    idOf(RpcError),
    z.object({
      code: z.int(),
      message: z.string(),
      data: z.looseObject({ code: z.enum(keys(ERRORS)) }).optional(),
    }),
  ],
]);

function idOf(schema: z.ZodType): string {
  const id = named.get(schema)?.id;
  if (id === undefined) throw new Error('a shape that is spelt out is exported by the protocol');
  return id;
}

/** A component that refers to itself has a name of the maker's; its content is that of any JSON. */
const MADE_NAME = /^__schema\d+$/;
const ANY_JSON = 'Json';

/** Schemas that are asked for, and the components that they need. */
export class Components {
  readonly #schemas = new Map<string, Schema>();

  /** The schema, its named shapes by reference. */
  of(schema: z.ZodType): Schema {
    const made = z.toJSONSchema(schema, {
      metadata: named,
      io: 'input',
      unrepresentable: 'any',
      target: 'draft-7',
    });
    const { $schema: _, definitions = {}, ...rest } = made as Schema & { readonly $schema?: string };
    for (const [name, definition] of Object.entries(definitions)) this.#add(name, definition);
    return referring(rest);
  }

  /** By name, in the order of the alphabet. */
  get all(): Readonly<Record<string, Schema>> {
    return Object.fromEntries([...this.#schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #add(madeName: string, definition: Schema): void {
    const name = MADE_NAME.test(madeName) ? ANY_JSON : madeName;
    const spelt = SPELT.get(name);
    const known = this.#schemas.get(name);
    if (spelt !== undefined) {
      if (known !== undefined) return;
      this.#schemas.set(name, {});
      this.#schemas.set(name, this.of(spelt));
      return;
    }
    const schema = referring(definition);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two shapes are called ${name}`);
    this.#schemas.set(name, schema);
  }
}

/** With references to where components stand in a specification. */
function referring(schema: Schema): Schema {
  const text = JSON.stringify(schema).replaceAll(
    /"#\/definitions\/(\w+)"/g,
    (_, name: string) => `"#/components/schemas/${MADE_NAME.test(name) ? ANY_JSON : name}"`,
  );
  return JSON.parse(text) as Schema;
}
