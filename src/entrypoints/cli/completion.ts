/** `completion`: what a shell needs to complete commands and options. Made of the commands themselves. */
import { Argument, type Command } from "commander";
import { terminal } from "./terminal.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print what completes commands and options in your shell")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual completion bash >> ~/.bashrc
  $ npx puntual completion zsh >> ~/.zshrc
  $ npx puntual completion fish > ~/.config/fish/completions/puntual.fish
`,
    )
    .action((shell: Shell) => void terminal().stdout.write(SCRIPTS[shell](wordsOf(program))));
}

/** "" is the program itself; then "plans", "plans apply". */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(program: Command): Words {
  const words = new Map([["", [...namesOf(program), "help", ...optionsOf(program)]]]);
  for (const command of program.commands) {
    words.set(command.name(), [...namesOf(command), ...optionsOf(command)]);
    for (const part of command.commands) words.set(`${command.name()} ${part.name()}`, optionsOf(part));
  }
  return words;
}

function namesOf({ commands }: Command): string[] {
  return commands.map((command) => command.name());
}

function optionsOf({ options }: Command): string[] {
  return [...options.map(({ long }) => long ?? ""), "--help"].filter((name) => name !== "");
}

/** The longest first: "plans apply" before "plans". What follows are arguments and options of the same command. */
function shellCases(words: Words): string {
  const paths = [...words.keys()].filter((path) => path !== "").toSorted((a, b) => b.length - a.length);
  const lines = paths.map((path) => `    "${path}"|"${path} "*) words="${(words.get(path) ?? []).join(" ")}" ;;`);
  return [`    "") words="${(words.get("") ?? []).join(" ")}" ;;`, ...lines].join("\n");
}

const SCRIPTS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `_puntual() {
  local words
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
${shellCases(words)}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _puntual puntual
`,
  zsh: (words) => `_puntual() {
  local list
  case "\${(j: :)words[2,CURRENT-1]}" in
${shellCases(words).replaceAll("words=", "list=")}
    *) list="" ;;
  esac
  compadd -- \${=list} || _files
}
compdef _puntual puntual
`,
  fish: (words) =>
    [...words]
      .flatMap(([path, each]) => {
        const [first = "", second] = path.split(" ");
        const parts = (words.get(first) ?? []).filter((word) => !word.startsWith("--")).join(" ");
        const where =
          path === ""
            ? "__fish_use_subcommand"
            : second !== undefined
              ? `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
              : `__fish_seen_subcommand_from ${first}${parts === "" ? "" : `; and not __fish_seen_subcommand_from ${parts}`}`;
        return each.map((word) =>
          word.startsWith("--")
            ? `complete -c puntual -n '${where}' -l ${word.slice(2)}`
            : `complete -c puntual -n '${where}' -f -a ${word}`,
        );
      })
      .join("\n") + "\n",
};
