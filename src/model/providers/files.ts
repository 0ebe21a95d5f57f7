const TEXT = /^(text\/|application\/(json|xml|yaml|toml|javascript))/;

/** Files of text are sent as text, as only some models take them as files; undefined for any other. */
export function fileAsText(file: { readonly name: string; readonly mediaType: string }, bytes: Uint8Array) {
  return TEXT.test(file.mediaType) ? `[file ${file.name}]\n${new TextDecoder().decode(bytes)}` : undefined;
}
