// The reference says what the sources say: the doc comment above a declaration or a field is its description, so that it
// is written once, where the next change to it happens.
import { parseSync, Visitor } from 'vite';

/**
 * Doc comments by `owner.name` for a field and by `name` for a declaration, where the owner is the nearest name around
 * the field: a declaration, an event type, another field.
 */
export function docComments(path: string, text: string): ReadonlyMap<string, string> {
  const { program, comments } = parseSync(path, text);
  const above = new Map(
    comments
      .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
      .map(({ value, end }) => [end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0), plain(value)]),
  );
  const found = new Map<string, string>();
  const names: string[] = [];
  const enter = (name: string, start: number): void => {
    const comment = above.get(start);
    const owner = names.at(-1);
    if (comment !== undefined) found.set(owner === undefined ? name : `${owner}.${name}`, comment);
    names.push(name);
  };
  const leave = (): void => void names.pop();
  let exported: number | undefined;
  new Visitor({
    ExportNamedDeclaration: (node) => (exported = node.start),
    VariableDeclarator: (node) => {
      enter(node.id.type === 'Identifier' ? node.id.name : '', exported ?? node.start);
      exported = undefined;
    },
    'VariableDeclarator:exit': leave,
    Property: (node) => enter(keyName(node.key), node.start),
    'Property:exit': leave,
  }).visit(program);
  return found;
}

function keyName(key: { readonly type: string; readonly name?: unknown; readonly value?: unknown }): string {
  return String(key.type === 'Identifier' ? key.name : key.value);
}

function plain(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, '').trim())
    .join(' ')
    .trim();
}
