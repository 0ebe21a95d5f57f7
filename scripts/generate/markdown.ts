import type { Schema } from './schemas.ts';

/** Finds the description of `name` inside `owner`, or of a declaration when there is no owner. */
export type Describe = (name: string, owner?: string) => string | undefined;

const GENERATED = '<!-- Made by `npm run generate` from the sources. Change them, not this. -->';

/** A whole page; empty blocks are left out. */
export function page(title: string, ...blocks: readonly (string | undefined)[]): string {
  return [GENERATED, `# ${title}`, ...blocks.filter((block) => block !== undefined && block !== ''), ''].join(
    '\n\n',
  );
}

/** A Markdown table; cells may hold anything but line breaks. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The fields of an object schema, as a table. */
export function fields(schema: Schema, owner: string, describe: Describe): string {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    `\`${name}\`${required.has(name) ? '' : ' (optional)'}`,
    typeText(field),
    describe(name, owner) ?? '',
  ]);
  return rows.length === 0 ? 'No fields.' : table(['field', 'type', 'meaning'], rows);
}

/** One line that says what a value may be; a shape with a name of its own is linked. */
export function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) return reference(schema.$ref);
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map(typeText).join(' or ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.type === 'object') return objectText(schema);
  return schema.type ?? 'any JSON';
}

function objectText({ properties, required, additionalProperties }: Schema): string {
  if (properties === undefined) {
    return typeof additionalProperties === 'object' ? `map to ${typeText(additionalProperties)}` : 'object';
  }
  const members = Object.entries(properties).map(
    ([name, field]) => `\`${name}\`${required?.includes(name) === true ? '' : '?'}: ${typeText(field)}`,
  );
  return `{ ${members.join(', ')} }`;
}

function reference(ref: string): string {
  const name = ref.slice('#/$defs/'.length);
  return name.startsWith('__') ? 'any JSON' : `[${name}](shapes.md#${name.toLowerCase()})`;
}
