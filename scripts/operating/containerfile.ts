/** One line of a Containerfile, lines that go on joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

const KNOWN: ReadonlySet<string> = new Set(
  'FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG STOPSIGNAL HEALTHCHECK SHELL'.split(
    ' ',
  ),
);

/** Throws for a line that is none. */
export function instructions(file: string): readonly Instruction[] {
  const lines = file.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n/g, ' ');
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? [];
      if (!KNOWN.has(name)) throw new Error(`no instruction: ${line}`);
      return { name, text: text.trim() };
    });
}

/** Throws when it does not begin with an image. */
export function stagesOf(all: readonly Instruction[]): readonly Stage[] {
  const stages: { image: string; instructions: Instruction[] }[] = [];
  for (const each of all) {
    if (each.name === 'FROM') stages.push({ image: each.text.split(' ')[0] ?? '', instructions: [] });
    else if (stages.length === 0) throw new Error(`${each.name} comes before FROM`);
    else stages.at(-1)?.instructions.push(each);
  }
  return stages;
}
