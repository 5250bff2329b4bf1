import type { CompletionNode, CompletionOption } from "./describe.ts";

/** A completion script for bash. After `--`, and where no list is known, files are offered. */
export function bashCompletion(program: CompletionNode): string {
  return `# bash completion for ${program.name}; load it with: source <(${program.name} completion bash)
_${program.name}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" each i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    each="\${COMP_WORDS[i]}"
    [[ $each == -- ]] && { compopt -o default; return; }
    case "$path $each" in
${paths(program)
  .map((path) => `      ${quote(path)}) path=${quote(path)} ;;`)
  .join("\n")}
    esac
  done
  case "$path $previous" in
${values(program, "").join("\n")}
  esac
  case "$path" in
${words(program, "").join("\n")}
  esac
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
}
complete -F _${program.name} ${program.name}
`;
}

/** Every way down to a command: ` run`, ` images`, ` images build`. */
function paths({ children }: CompletionNode, above = ""): string[] {
  return children.flatMap((child) => [`${above} ${child.name}`, ...paths(child, `${above} ${child.name}`)]);
}

function values(node: CompletionNode, path: string): string[] {
  const own = node.options
    .filter(({ takes }) => takes !== "nothing")
    .map((option) => {
      const patterns = option.flags.map((flag) => quote(`${path} ${flag}`)).join("|");
      const reply = Array.isArray(option.takes)
        ? `COMPREPLY=($(compgen -W ${quote(option.takes.join(" "))} -- "$word"))`
        : "compopt -o default";
      return `    ${patterns}) ${reply}; return ;;`;
    });
  return [...own, ...node.children.flatMap((child) => values(child, `${path} ${child.name}`))];
}

function words(node: CompletionNode, path: string): string[] {
  const own = [...node.children.map(({ name }) => name), ...node.words, ...node.options.flatMap(flagsOf)];
  const line = `    ${quote(path)}) COMPREPLY=($(compgen -W ${quote(own.join(" "))} -- "$word")) ;;`;
  return [line, ...node.children.flatMap((child) => words(child, `${path} ${child.name}`))];
}

function flagsOf({ flags }: CompletionOption): readonly string[] {
  return flags;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
