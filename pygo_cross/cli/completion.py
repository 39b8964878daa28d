# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross completion`: what a shell completes a command line with.

Commands come from `COMMANDS` and flags from the parsers that the commands themselves use (from --help, for those that hand
their arguments on), so that what is completed is what is there. The ids of builds are asked for when they are needed (`--ids`);
all else stands in the script.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from pygo_cross.build.config import full_names
from pygo_cross.build.matrix import builds_of
from pygo_cross.cli.main import COMMANDS
from pygo_cross.cli.options import DESCRIBE, Described, add_config, config_of, parser
from pygo_cross.diag import EXIT_OK, InternalError
from pygo_cross.target import load_targets

ABOUT = """Prints the completion of a shell: of commands, flags, targets, ids of builds and files. To have it in every session:

  bash   echo 'source <(pygo-cross completion bash)' >>~/.bashrc
  zsh    echo 'source <(pygo-cross completion zsh)' >>~/.zshrc      (after compinit)
  fish   pygo-cross completion fish >~/.config/fish/completions/pygo-cross.fish"""

_KINDS: Final = {
    "TARGET": "targets",
    "ID": "ids",
    "DIR": "folders",
    "DIST": "folders",
    "N": "nothing",
    "X": "nothing",
    "NAME": "nothing",
    "SECONDS": "nothing",
    "BYTES": "nothing",
    "K": "nothing",
    "A": "nothing",
}
"""What a value is, by the name that help gives it; a file unless it is here."""
OWN_PARSERS: Final = ("run", "compile", "toolexec", "asm", "link")
"""Commands that hand their arguments on to a program that parses them itself."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag: its spellings, what it is for, and what its value is: "" where it has none, `files`, `folders`, `targets`, `ids`,
    `nothing` that can be listed, or words. `free` says that the value may be left out, `lists` that words may be joined by commas."""

    names: tuple[str, ...]
    about: str
    value: str = ""
    words: tuple[str, ...] = ()
    free: bool = False
    lists: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command: what may stand where its arguments do, as for a flag's value."""

    name: str
    about: str
    flags: tuple[Flag, ...]
    value: str
    words: tuple[str, ...] = ()


def run(argv: list[str]) -> int:
    """Prints the script."""
    made = parser("completion", "bash|zsh|fish", ABOUT)
    add_config(made)
    made.add_argument("--ids", action="store_true", help="print the ids of the configuration's builds instead; the scripts ask so")
    made.add_argument("shell", choices=sorted(SHELLS), nargs="?", help="the shell")
    options = made.parse_args(argv)
    if options.ids:
        config = config_of(options)
        print("\n".join(build.id or config.project.project for build in builds_of(config)))
        return EXIT_OK
    if options.shell is None:
        made.error(f"name a shell: {', '.join(sorted(SHELLS))}")
    sys.stdout.write(SHELLS[options.shell](commands()))
    return EXIT_OK


# ---- what there is


def commands() -> list[Command]:
    """Every command with its flags."""
    return [_from_help(name) if name in OWN_PARSERS else _from_parser(name, parser_of(name)) for name in COMMANDS]


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser that the command uses."""
    try:
        importlib.import_module(f"pygo_cross.cli.{name}").run([DESCRIBE])
    except Described as described:
        return described.parser
    raise InternalError("completion", "the command does not parse its arguments by cli/options.py", name)


def _from_parser(name: str, made: argparse.ArgumentParser) -> Command:
    flags: list[Flag] = []
    value, words = "nothing", tuple[str, ...]()
    for action in made._actions:
        if action.help == argparse.SUPPRESS:
            continue
        kind, choices = _value(action)
        if not action.option_strings:
            if value == "nothing":
                value, words = kind, choices
            continue
        about = " ".join((action.help or "").split()) % {**vars(action), "prog": made.prog}
        takes = action.nargs != 0
        lists = "," in str(action.metavar or "")
        flags.append(Flag(tuple(action.option_strings), about, kind if takes else "", choices if takes else (), action.nargs == "?", lists))
    return Command(name, COMMANDS[name], tuple(flags), value, words)


def _value(action: argparse.Action) -> tuple[str, tuple[str, ...]]:
    if action.choices:
        return "words", tuple(map(str, action.choices))
    label = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return _KINDS.get(label.rstrip(".").split(",")[0].split("=")[0], "files"), ()


def _from_help(name: str) -> Command:
    """A command with a parser of its own: the flags that its help lists."""
    command = [sys.executable, "-P", "-m", "pygo_cross", name, "--help"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return Command(name, COMMANDS[name], tuple(flags_of_help(done.stdout.decode("utf-8", "replace"))), "files")


def flags_of_help(text: str) -> list[Flag]:
    """The flags in the lines of a help text, as argparse writes them and as our linker does."""
    flags: list[Flag] = []
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if not re.match(r"  -[A-Za-z-]", line):
            continue
        spelled, _, about = line.strip().partition("  ")
        following = lines[at + 1].strip() if at + 1 < len(lines) and lines[at + 1].startswith(" " * 16) else ""
        for part in re.split(r",\s+(?=-)", spelled):
            match = re.match(r"(-[A-Za-z0-9-]+)(?:[ =\[]+(\{[^}]*\}|[^\s\]]+))?", part)
            if match is None:
                continue
            name, label = match.group(1), match.group(2) or ""
            words = tuple(word for word in label.strip("{}").split(",") if word) if label.startswith("{") else ()
            kind = "words" if words else _KINDS.get(re.split(r"[^A-Z]", label)[0], "files") if label else ""
            if not any(name in flag.names for flag in flags):
                # Ids of builds and our names of targets are our own parsers' alone.
                flags.append(Flag((name,), about.strip() or following, "nothing" if kind in ("ids", "targets") else kind, words))
    return flags


def target_names() -> list[str]:
    """What may be said of targets: each, and the globs of a whole system or architecture."""
    targets = load_targets().values()
    return sorted(load_targets()) + sorted({f"{target.os}/*" for target in targets} | {f"*/{target.arch}" for target in targets})


def level_names() -> list[str]:
    """Each target with each of its levels. There are many: they are offered to whoever has typed an underscore."""
    return sorted(full_names())


# ---- bash

_BASH = r"""# bash completion of pygo-cross, made by `pygo-cross completion bash`.
_pygo_cross_lines() {
    local line
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done
}
_pygo_cross_ids() {
    local at config=()
    for ((at = 2; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        -f | --config)
            [[ ${COMP_WORDS[at + 1]} == = ]] && at=$((at + 1))
            config=(-f "${COMP_WORDS[at + 1]}")
            ;;
        esac
    done
    "${COMP_WORDS[0]}" completion --ids "${config[@]}" 2>/dev/null </dev/null
}
_pygo_cross_value() {
    case $1 in
    files)
        type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
        _pygo_cross_lines < <(compgen -f -- "$cur")
        ;;
    folders)
        type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
        _pygo_cross_lines < <(compgen -d -- "$cur")
        ;;
    targets)
        local names='@TARGETS@'
        [[ $cur == *_* ]] && names='@LEVELS@'
        _pygo_cross_lines < <(set -f; compgen -W "$names" -- "$cur")
        ;;
    ids) _pygo_cross_lines < <(compgen -W "$(_pygo_cross_ids)" -- "$cur") ;;
    lists)
        local before=
        [[ $cur == *,* ]] && before=${cur%,*},
        _pygo_cross_lines < <(compgen -P "$before" -W "$2" -- "${cur##*,}")
        ;;
    words) _pygo_cross_lines < <(compgen -W "$2" -- "$cur") ;;
    esac
}
_pygo_cross() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _pygo_cross_value words '@COMMANDS@ --help --version'
        return
    fi
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case ${COMP_WORDS[1]} in
    help) _pygo_cross_value words '@COMMANDS@' ;;
@CASES@
    esac
}
complete -F _pygo_cross pygo-cross
"""


def bash(found: list[Command]) -> str:
    """The script for bash, 3.2 and newer."""
    cases: list[str] = []
    for command in found:
        cases += [f"    {command.name})", "        case $prev in"]
        for flag in command.flags:
            if flag.value and not flag.free:
                how = "lists" if flag.lists and flag.words else flag.value
                cases.append(f"        {' | '.join(flag.names)}) {_bash_value(how, flag.words)}; return ;;")
        names = " ".join(name for flag in command.flags for name in flag.names)
        cases += [
            "        esac",
            f"        if [[ $cur == -* ]]; then _pygo_cross_value words '{names}'; else {_bash_value(command.value, command.words)}; fi",
            "        ;;",
        ]
    listed = " ".join(command.name for command in found)
    text = _BASH.replace("@CASES@", "\n".join(cases)).replace("@COMMANDS@", listed)
    return text.replace("@TARGETS@", " ".join(target_names())).replace("@LEVELS@", " ".join(level_names()))


def _bash_value(kind: str, words: tuple[str, ...]) -> str:
    return f"_pygo_cross_value {kind}" + (f" '{' '.join(words)}'" if words else "")


# ---- zsh

_ZSH = r"""#compdef pygo-cross
# zsh completion of pygo-cross, made by `pygo-cross completion zsh`.
_pygo_cross_ids() {
    local -a config found
    local at=${words[(I)-f|--config]}
    ((at)) && config=(-f "${words[at + 1]}")
    found=(${(fu)"$(${_pygo_cross_program:-pygo-cross} completion --ids $config 2>/dev/null </dev/null)"})
    compadd -a found
}
_pygo_cross_targets() {
    if [[ $PREFIX == *_* ]]; then
        compadd -- @LEVELS@
    else
        compadd -- @TARGETS@
    fi
}
_pygo_cross() {
    local context state line curcontext=$curcontext _pygo_cross_program=$words[1]
    local -a commands
    commands=(
@COMMANDS@
    )
    if ((CURRENT == 2)); then
        _describe command commands
        return
    fi
    shift words
    ((CURRENT--))
    case $words[1] in
    help) _describe command commands ;;
@CASES@
    esac
}
if [ "$funcstack[1]" = "_pygo_cross" ]; then
    _pygo_cross "$@"
else
    compdef _pygo_cross pygo-cross
fi
"""


def zsh(found: list[Command]) -> str:
    """The script for zsh, to be sourced or put into a folder of fpath as _pygo-cross."""
    cases: list[str] = []
    for command in found:
        # Without -s, since some flags have one dash and many letters.
        arguments = ["        _arguments"]
        for flag in command.flags:
            for name in flag.names:
                rest = f"[{_zsh_text(flag.about)}]"
                equals = ""
                if flag.value:
                    equals = "=" if name.startswith("--") else ""
                    colons = "::" if flag.free else ":"
                    rest += f"{colons}{_zsh_text(flag.names[-1].lstrip('-'))}:{_zsh_value(flag.value, flag.words, flag.lists)}"
                arguments.append(f"            {_zsh_quoted(f'*{name}{equals}{rest}')}")
        if command.value != "nothing":
            arguments.append(f"            {_zsh_quoted(f'*:argument:{_zsh_value(command.value, command.words, False)}')}")
        cases += [f"    {command.name})", " \\\n".join(arguments), "        ;;"]
    listed = "\n".join(f"        {_zsh_quoted(f'{command.name}:{_zsh_text(command.about)}')}" for command in found)
    text = _ZSH.replace("@CASES@", "\n".join(cases)).replace("@COMMANDS@", listed)
    targets, levels = (" ".join(map(_zsh_quoted, names)) for names in (target_names(), level_names()))
    return text.replace("@TARGETS@", targets).replace("@LEVELS@", levels)


def _zsh_quoted(text: str) -> str:
    """One word."""
    return "'" + text.replace("'", "'\\''") + "'"


def _zsh_text(text: str) -> str:
    """Text in a place where brackets and colons have a meaning."""
    return re.sub(r"[\[\]]", "", text).replace(":", ";")


def _zsh_value(kind: str, words: tuple[str, ...], lists: bool) -> str:
    if kind == "words":
        return f"_values -s , value {' '.join(words)}" if lists else f"({' '.join(words)})"
    return {"files": "_files", "folders": "_files -/", "targets": "_pygo_cross_targets", "ids": "_pygo_cross_ids"}.get(kind, " ")


# ---- fish

_FISH = r"""# fish completion of pygo-cross, made by `pygo-cross completion fish`.
function __pygo_cross_ids
    set -l words (commandline -opc)
    set -l config
    for at in (seq 2 (count $words))
        if contains -- $words[$at] -f --config
            set config -f $words[(math $at + 1)]
        end
    end
    $words[1] completion --ids $config 2>/dev/null </dev/null
end
function __pygo_cross_targets
    if string match -q '*_*' -- (commandline -ct)
        string split ' ' '@LEVELS@'
    else
        string split ' ' '@TARGETS@'
    end
end
function __pygo_cross_is
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end
function __pygo_cross_first
    test (count (commandline -opc)) -eq 1
end
complete -c pygo-cross -f
"""


def fish(found: list[Command]) -> str:
    """The script for fish."""
    lines = [_FISH.rstrip("\n").replace("@TARGETS@", " ".join(target_names())).replace("@LEVELS@", " ".join(level_names()))]
    for command in found:
        lines.append(f"complete -c pygo-cross -n __pygo_cross_first -a {command.name} -d {_fish_quoted(command.about)}")
        lines.append(f"complete -c pygo-cross -n '__pygo_cross_is help' -a {command.name} -d {_fish_quoted(command.about)}")
    for command in found:
        here = f"complete -c pygo-cross -n '__pygo_cross_is {command.name}'"
        if command.value != "nothing":
            lines.append(f"{here} {_fish_value(command.value, command.words)}")
        for flag in command.flags:
            spelled = " ".join(_fish_name(name) for name in flag.names)
            value = ""
            if flag.value and not flag.free:
                value = " -x" if flag.value == "nothing" else " -r " + _fish_value(flag.value, flag.words)
            lines.append(f"{here} {spelled}{value} -d {_fish_quoted(flag.about)}")
    return "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    """One word: fish has these two escapes between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _fish_name(name: str) -> str:
    if name.startswith("--"):
        return f"-l {name[2:]}"
    return f"-s {name[1:]}" if len(name) == 2 else f"-o {name[1:]}"


def _fish_value(kind: str, words: tuple[str, ...]) -> str:
    """How a value is completed; -f keeps files away where it is not one."""
    if kind == "files":
        return "-F"
    if kind == "folders":
        return "-f -a '(__fish_complete_directories)'"
    if kind in ("ids", "targets"):
        return f"-f -a '(__pygo_cross_{kind})'"
    return f"-f -a {_fish_quoted(' '.join(words))}"


SHELLS: Final = {"bash": bash, "zsh": zsh, "fish": fish}
