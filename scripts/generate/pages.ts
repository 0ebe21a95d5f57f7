import { ERRORS } from '../../src/protocol/index.ts';
import { fields, page, table, typeText, type Describe } from './markdown.ts';
import {
  commandsSchema,
  connectionSchemas,
  eventsSchema,
  methodSchemas,
  type MethodSchema,
  type Schema,
} from './schemas.ts';

function typeName(schema: Schema): string {
  return String(schema.properties?.['type']?.const);
}

export function eventsPage(describe: Describe): string {
  const [first, ...rest] = eventsSchema.anyOf ?? [];
  if (first === undefined) throw new Error('there are no events');
  const { type: _, data: __, ...envelope } = first.properties ?? {};
  const blocks = [first, ...rest].flatMap((event) => [
    `## ${typeName(event)}`,
    describe(typeName(event)) ?? '',
    fields(event.properties?.['data'] ?? {}, typeName(event), describe),
  ]);
  return page(
    'Events',
    'What a journal holds, and what `carrel events --json` and `carrel run --json` print, one a line. Unknown fields and unknown types are to be ignored. As JSON Schema: [events.schema.json](schemas/events.schema.json).',
    'Every event has a `type`, its `data`, and this around them. `at` is integer milliseconds UTC; `v` is the version of the data.',
    fields({ ...first, properties: envelope }, 'envelope', describe),
    ...blocks,
  );
}

export function commandsPage(describe: Describe): string {
  const blocks = (commandsSchema.anyOf ?? []).flatMap((command) => {
    const { type: _, id: __, ...body } = command.properties ?? {};
    const name = typeName(command);
    return [`## ${name}`, describe(name) ?? '', fields({ ...command, properties: body }, name, describe)];
  });
  return page(
    'Commands',
    'What may be asked of a session. Each carries its `type` and an `id`: the same id with the same body again gives the stored reply, with another body `conflict`. As JSON Schema: [commands.schema.json](schemas/commands.schema.json).',
    ...blocks,
  );
}

export function methodsPage(describe: Describe): string {
  return page(
    'Methods',
    'What a program asks of the [daemon](../guides/daemon.md), as JSON-RPC 2.0. An error carries its code in `data.code`; the number is one of [errors](errors.md), or one that JSON-RPC has itself. A token needs the scope of a method by name: `admin` alone sends nothing. The same command with the same `id` gives the stored reply; ids are of the token that was used. For programs: [OpenRPC](schemas/openrpc.json), and what travels which way as [AsyncAPI](schemas/asyncapi.json).',
    table(
      ['method', 'scope'],
      methodSchemas.map(({ name, scope }) => [`[\`${name}\`](#${anchor(name)})`, `\`${scope}\``]),
    ),
    'These are about the connection itself, and need no scope but `session/follow`, which needs `observe`. Over `POST /rpc` there is no connection: every request carries its token in its header.',
    ...connectionSchemas.flatMap((method) => methodBlocks(method, describe)),
    ...methodSchemas.flatMap((method) => methodBlocks(method, describe)),
  );
}

function methodBlocks({ name, params, result }: Omit<MethodSchema, 'scope'>, describe: Describe): string[] {
  return [`## ${name}`, describe(name) ?? '', fields(params, name, describe), `Gives ${typeText(result)}.`];
}

function anchor(name: string): string {
  return name.replace('/', '');
}

/** Every shape with a name that events, commands or methods use. */
export function shapesPage(describe: Describe): string {
  const shared = [...methodSchemas, ...connectionSchemas].flatMap(({ params, result }) => [params, result]);
  const all: Readonly<Record<string, Schema>> = Object.fromEntries(
    [eventsSchema, commandsSchema, ...shared].flatMap(({ $defs = {} }) => Object.entries($defs)),
  );
  const blocks = Object.entries(all)
    .filter(([name]) => !name.startsWith('__'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, schema]) => [
      `## ${name}`,
      describe(name) ?? '',
      schema.properties === undefined ? scalarText(schema) : fields(schema, name, describe),
    ]);
  return page('Shapes', 'What events, commands and methods share.', ...blocks);
}

function scalarText(schema: Schema): string {
  const pattern = schema.pattern === undefined ? '' : `, matching \`${schema.pattern}\``;
  return `${typeText(schema)}${pattern}`;
}

export function errorsPage(): string {
  const rows = Object.entries(ERRORS);
  return page(
    'Errors',
    'An error is its code; the message of an occurrence names the thing, the value, the bound and what to do. `retry` says whether the same request may work `later`, `elsewhere` (with another model, say) or `never`.',
    table(
      ['code', 'JSON-RPC', 'HTTP', 'retry'],
      rows.map(([code, { rpc, http, retry }]) => [
        `[\`${code}\`](#${code})`,
        String(rpc),
        String(http),
        retry,
      ]),
    ),
    ...rows.flatMap(([code, { meaning, remedy }]) => [
      `## ${code}`,
      `**Cause.** ${meaning}`,
      `**Remedy.** ${remedy}`,
    ]),
    'More, with examples: [troubleshooting](../guides/troubleshooting.md).',
  );
}
