import type { CompletionNode, CompletionOption } from "./describe.ts";

/** A completion script for fish, a line an option. */
export function fishCompletion(program: CompletionNode): string {
  const lines = [
    `# fish completion for ${program.name}; load it with: ${program.name} completion fish | source`,
    ...program.children.map((child) =>
      complete(
        program.name,
        `-n __fish_use_subcommand -f -a ${quote(child.name)} -d ${quote(child.summary)}`,
      ),
    ),
    ...program.children.flatMap((child) =>
      commandLines(program.name, child, `__fish_seen_subcommand_from ${child.name}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(program: string, node: CompletionNode, condition: string): string[] {
  const when = `-n ${quote(condition)}`;
  return [
    ...node.options.map((option) => complete(program, `${when} ${optionArguments(option)}`)),
    ...(node.words.length === 0 ? [] : [complete(program, `${when} -a ${quote(node.words.join(" "))}`)]),
    ...node.children.map((child) =>
      complete(program, `${when} -a ${quote(child.name)} -d ${quote(child.summary)}`),
    ),
    ...node.children.flatMap((child) =>
      commandLines(program, child, `${condition}; and __fish_seen_subcommand_from ${child.name}`),
    ),
  ];
}

function optionArguments({ flags, description, takes }: CompletionOption): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value =
    takes === "nothing" ? [] : takes === "anything" ? ["-r"] : [`-x -a ${quote(takes.join(" "))}`];
  return [...names, ...value, `-d ${quote(description)}`].join(" ");
}

function complete(program: string, rest: string): string {
  return `complete -c ${program} ${rest}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
