import type { CompletionNode, CompletionOption } from "./describe.ts";

/** A completion script for zsh, a function a command. */
export function zshCompletion(program: CompletionNode): string {
  return `#compdef ${program.name}
# zsh completion for ${program.name}; load it with: source <(${program.name} completion zsh)
${functions(program, `_${program.name}`).join("\n")}
compdef _${program.name} ${program.name}
`;
}

function functions(node: CompletionNode, name: string): string[] {
  const own = node.children.length > 0 ? group(node, name) : leaf(node, name);
  return [own, ...node.children.flatMap((child) => functions(child, `${name}_${child.name}`))];
}

function leaf(node: CompletionNode, name: string): string {
  const first = node.words.length === 0 ? [] : [quote(`1: :(${node.words.join(" ")})`)];
  return `${name}() {
  _arguments -s -S ${[...node.options.flatMap(specifications), ...first, quote("*:file:_files")].join(" \\\n    ")}
}`;
}

function group(node: CompletionNode, name: string): string {
  return `${name}() {
  local line state
  _arguments -C ${node.options.flatMap(specifications).join(" \\\n    ")} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(${node.children.map((child) => quote(`${child.name}:${child.summary}`)).join(" ")})
      _describe command commands ;;
    rest)
      case $line[1] in
${node.children.map((child) => `        ${child.name}) ${name}_${child.name} ;;`).join("\n")}
      esac ;;
  esac
}`;
}

function specifications({ flags, description, takes }: CompletionOption): string[] {
  const value = takes === "nothing" ? "" : `: :${takes === "anything" ? "_files" : `(${takes.join(" ")})`}`;
  return flags.map((flag) => quote(`${flag}[${description.replace(/[[\]\\:]/g, "\\$&")}]${value}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
