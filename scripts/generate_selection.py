#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the Python of an architecture's selection rules (pygo_cross/arch/*/rules.txt -> pygo_cross/codegen/rules_*.py).

    generate_selection.py [--check] [ARCH...]

A rule is a line `pattern [&& condition] => result`; the first that fits is taken.

    Add.(i64|i32) x (Const [c]) && s32(c) => ADD(Q|L)const x [c]

- A pattern is an operation of SSA, with the kind of its result unless that does not matter, and a pattern for each argument: a name, a name
  with a kind (`x.i64`), `_`, or an operation in parentheses, which may be named (`l:(Load p)`). `[c]` is the value's imm, `{a}` its aux.
  If the operation commutes and its second argument is in parentheses, both orders are tried; but a constant is always the second.
  `v` is the value itself.
- The condition is Python; `s` is the Selector.
- A result is a machine operation and its arguments: names, or operations in parentheses with their kind, which become values of their
  own; `[x]` is the imm, `{x}` the aux, both expressions; `@l` the memory operand that the address and offset of the Load or Store
  named `l` make.
  A single name makes the value a copy of that.
- `cond NAME` rules say of a boolean how it is decided: the result is a condition and a comparison.
- What is made has a function for each operation and kind, the kind being that of the result or of the argument that its rules ask for
  (SUBJECTS).
- Alternatives in parentheses, `(a|b)`, make a rule for each, all groups in step; those in angles, `<a|b>`, run on their own.
- Lines that begin with blanks go on the line before; `#` begins a comment.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pygo_cross.arch.insn import insns  # noqa: E402
from pygo_cross.ssa import kinds, ops  # noqa: E402

_TOKEN = re.compile(r"\s*(\w+(?:[./]\w+)*:?|@\w+|\[[^\]]*\]|\{[^}]*\}|[()])")
_GROUP = re.compile(r"\((\w*(?:\|\w*)+)\)")
_CROSS = re.compile(r"<(\w*(?:\|\w*)+)>")
_OPERATION = re.compile(r"[A-Z]")


class Node:
    """A part of a pattern or result: an operation with parts, or a name."""

    def __init__(self) -> None:
        self.op = ""
        self.kind = ""
        self.name = ""
        self.parts: list[Node] = []
        self.imm: str | None = None
        self.aux: str | None = None
        self.memory = ""


class Rule:
    """One rule, its groups expanded."""

    def __init__(self, where: str, pattern: Node, condition: str, result: Node, decides: str) -> None:
        self.where = where
        self.pattern = pattern
        self.condition = condition
        self.result = result
        self.decides = decides


def expand(text: str) -> list[str]:
    """The rules that one with groups stands for."""
    cross = _CROSS.findall(text)
    if cross:
        choices = [one.split("|") for one in cross]
        out = []
        for at in range(len(choices[0])):
            picks = iter(choices)
            out += expand(_CROSS.sub(lambda _, picks=picks, at=at: next(picks)[at], text))  # type: ignore[misc]
        return out
    groups = [one.split("|") for one in _GROUP.findall(text)]
    if not groups:
        return [text]
    if len({len(one) for one in groups}) != 1:
        raise SystemExit(f"groups of different lengths: {text}")
    out = []
    for at in range(len(groups[0])):
        parts = iter(groups)
        out.append(_GROUP.sub(lambda _, parts=parts, at=at: next(parts)[at], text))  # type: ignore[misc]
    return out


def parse(text: str) -> Node:
    """A pattern or result."""
    tokens = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise SystemExit(f"not understood: {text[at:]!r} in {text!r}")
        tokens.append(found[1])
        at = found.end()
    node, rest = _node(tokens, 0)
    if rest != len(tokens):
        raise SystemExit(f"too much: {tokens[rest:]} in {text!r}")
    return node


def _node(tokens: list[str], at: int) -> tuple[Node, int]:
    node = Node()
    head = tokens[at]
    at += 1
    if not _OPERATION.match(head):
        node.name, _, node.kind = head.partition(".")
        return node, at
    op, _, kind = head.partition(".")
    if kind in kinds.BY_NAME:
        node.op, node.kind = op, kind
    else:
        last = head.rpartition(".")
        node.op, node.kind = (last[0], last[2]) if last[2] in kinds.BY_NAME else (head, "")
    while at < len(tokens) and tokens[at] != ")":
        token = tokens[at]
        name = ""
        if token.endswith(":"):
            name, token = token[:-1], tokens[at + 1]
            at += 1
        if token == "(":
            part, at = _node(tokens, at + 1)
            part.name = name
            at += 1
            node.parts.append(part)
        elif token[0] == "[":
            node.imm = token[1:-1]
            at += 1
        elif token[0] == "{":
            node.aux = token[1:-1]
            at += 1
        elif token[0] == "@":
            node.memory = token[1:]
            at += 1
        else:
            part = Node()
            part.name, _, part.kind = token.partition(".")
            node.parts.append(part)
            at += 1
    return node, at


def read(file: Path) -> list[Rule]:
    """All rules of a file, in order."""
    rules: list[Rule] = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        text = line.split("#")[0].rstrip()
        if not text:
            continue
        if text[0] == " ":
            lines[-1] = (lines[-1][0], lines[-1][1] + text)
        else:
            lines.append((number, text))
    for number, line in lines:
        for text in expand(line):
            left, arrow, right = text.partition("=>")
            if not arrow:
                raise SystemExit(f"{file}:{number}: a rule has an arrow")
            pattern, _, condition = left.partition("&&")
            decides = ""
            if pattern.startswith("cond "):
                pattern = pattern.removeprefix("cond ")
                decides, _, right = right.strip().partition(" ")
            rules.append(Rule(f"{file.name}:{number}", parse(pattern), condition.strip(), parse(right), decides))
    return rules


def _identifier(op: str) -> str:
    return "_" + op.replace(".", "_").replace("/", "_")


class Path:
    """A way through a rule: the tests, in order, and then the lines that it comes to."""

    def __init__(self, where: str, tests: list[str], lines: list[str]) -> None:
        self.where = where
        self.tests = tests
        self.lines = lines


class Writer:
    """The Python of the rules for one operation."""

    def __init__(self, arch: str) -> None:
        self.table = insns(arch)
        self.used: set[str] = set()
        self.compares: set[str] = set()

    def subject(self, op: int, rules: list[Rule]) -> int:
        """Whose kind distinguishes most rules: that of an argument (its number), or of the value (-1)."""
        counts = {-1: 0}
        for rule in rules:
            counts[-1] += bool(rule.pattern.kind)
            for at, part in enumerate(rule.pattern.parts):
                counts[at] = counts.get(at, 0) + bool(part.kind)
        return max(counts, key=lambda at: (counts[at], -at))

    def functions(self, prefix: str, op: int, rules: list[Rule]) -> tuple[list[str], dict[int, str], int]:
        """Functions for each kind of the subject, by kind, and the subject. Kinds that have the same rules have the same function."""
        nargs = ops.INFO[op].nargs
        fields = [f"a{at}" for at in range(max(nargs, 0))]
        subject = 0 if rules[0].decides else self.subject(op, rules)
        about = "v.kind" if subject < 0 else f"a{subject}.kind"
        paths: list[Path] = []
        for rule in rules:
            orders = [fields]
            if ops.FLAGS[op] & ops.COMMUTES and any(part.op not in ("", "Const") for part in rule.pattern.parts[-1:]):
                orders.append(fields[::-1])
            paths += [self.path(rule, order) for order in orders]
        out: list[str] = []
        known: dict[str, str] = {}
        names: dict[int, str] = {}
        for kind in range(len(kinds.NAMES)):
            if kind == kinds.VOID and (subject >= 0 or ops.FLAGS[op] & ops.PURE):
                continue
            own = []
            for path in paths:
                about_kind = [test for test in path.tests if test.startswith(about + " == ")]
                if any(test != f"{about} == {kind}" for test in about_kind):
                    continue
                own.append(Path(path.where, [test for test in path.tests if test not in about_kind], path.lines))
            if not own:
                continue
            body: list[str] = []
            self.tree(own, 1, body)
            if not body[-1].startswith("    return"):
                body.append("    return False")
            text = "\n".join(body)
            if text not in known:
                known[text] = f"{prefix}{ops.NAMES[op].lower()}_{kinds.NAMES[kind]}"
                needed = [field for field in fields if re.search(rf"\b{field}\b", text)]
                out += ["", "", f"def {known[text]}(s: Selector, v: Value) -> bool:"]
                if needed == fields and len(fields) > 1:
                    out.append(f"    {', '.join(fields)} = v.args")
                else:
                    out += [f"    {field} = v.args[{field[1:]}]" for field in needed]
                out += body
            names[kind] = known[text]
        return out, names, subject

    def tree(self, paths: list[Path], depth: int, out: list[str]) -> bool:
        """Paths, those with the same first test together; False if the last of them always fits."""
        blanks = "    " * depth
        at = 0
        while at < len(paths):
            path = paths[at]
            if not path.tests:
                out.append(f"{blanks}# {path.where}")
                out += [blanks + line for line in path.lines]
                return False
            first = path.tests[0]
            end = at
            while end < len(paths) and paths[end].tests and paths[end].tests[0] == first:
                end += 1
            out.append(f"{blanks}if {first}:")
            self.tree([Path(one.where, one.tests[1:], one.lines) for one in paths[at:end]], depth + 1, out)
            at = end
        return True

    def path(self, rule: Rule, fields: list[str]) -> Path:
        """A rule as tests and what follows from them."""
        bound: dict[str, str] = {"v": "v", "s": "s"}
        tests: list[str] = []
        lines: list[str] = []
        pattern = rule.pattern
        if pattern.kind:
            tests.append(f"v.kind == {kinds.BY_NAME[pattern.kind]}")
        self.match(rule, pattern, "v", fields, bound, tests)
        if rule.decides:
            # What is compared has one kind.
            of_kind = [test.split(" == ")[1] for test in tests if re.match(r"a\d\.kind == ", test)]
            tests = [test for test in tests if not re.match(r"a\d\.kind == ", test)]
            tests[:0] = [f"a0.kind == {kind}" for kind in of_kind[:1]]
        if rule.condition:
            tests += [self.names(one, bound) for one in rule.condition.split(" and ")]
        result = rule.result
        self.count = 0
        if rule.decides:
            self.decide(rule, result, bound, lines)
        elif not result.op:
            lines.append(f"s.copy(v, {bound[result.name]})")
        else:
            self.make(result, bound, lines)
        lines.append("return True")
        return Path(rule.where, tests, lines)

    def match(self, rule: Rule, pattern: Node, value: str, fields: list[str], bound: dict[str, str], tests: list[str]) -> None:
        """The tests that a pattern is made of, outer ones first."""
        if len(pattern.parts) != len(fields):
            raise SystemExit(f"{rule.where}: {len(pattern.parts)} arguments of {pattern.op}")
        if pattern.imm is not None:
            if re.fullmatch(r"-?\d+", pattern.imm):
                tests.append(f"{value}.imm == {pattern.imm}")
            else:
                bound[pattern.imm] = f"{value}.imm"
        if pattern.aux is not None:
            bound[pattern.aux] = f"{value}.aux"
        for part, field in zip(pattern.parts, fields, strict=True):
            if part.op:
                tests.append(f"{field}.op == {ops.BY_NAME[part.op]}")
            if part.kind:
                tests.append(f"{field}.kind == {kinds.BY_NAME[part.kind]}")
            if part.name and part.name != "_":
                if part.name in bound:
                    tests.append(f"{field} is {bound[part.name]}")
                bound[part.name] = field
            if part.op:
                inner = [f"{field}.args[{at}]" for at in range(max(ops.INFO[ops.BY_NAME[part.op]].nargs, 0))]
                self.match(rule, part, field, inner, bound, tests)

    @staticmethod
    def names(text: str, bound: dict[str, str]) -> str:
        """An expression with the names of a pattern put in."""
        return re.sub(r"(?<![.\w])([A-Za-z_]\w*)(?!\w|\()", lambda found: bound.get(found[1], found[1]), text)

    def number(self, op: str) -> str:
        """The number of an operation in the text."""
        if op in ops.BY_NAME:
            return str(ops.BY_NAME[op])
        if op not in self.table.numbers:
            raise SystemExit(f"there is no operation {op}")
        self.used.add(op)
        return _identifier(op)

    def arguments(self, result: Node, bound: dict[str, str], lines: list[str]) -> tuple[str, str]:
        """The arguments of a result as a tuple, and its imm."""
        args = [self.inner(part, bound, lines) if part.op else bound[part.name] for part in result.parts]
        imm = self.names(result.imm, bound) if result.imm is not None else "0"
        return "(" + "".join(arg + ", " for arg in args).rstrip() + ")", imm

    def inner(self, result: Node, bound: dict[str, str], lines: list[str]) -> str:
        """A value of its own in a result: the name of its variable."""
        args, imm = self.arguments(result, bound, lines)
        self.count += 1
        name = f"t{self.count}"
        kind = str(kinds.BY_NAME[result.kind]) if result.kind else "v.kind"
        if result.memory:
            lines.append(f"{name} = s.new_memory(v, {self.number(result.op)}, {kind}, {args}, {bound[result.memory]}, {imm})")
        else:
            aux = f", {self.names(result.aux, bound)}" if result.aux else ""
            lines.append(f"{name} = s.new(v, {self.number(result.op)}, {kind}, {args}, {imm}{aux})")
        return name

    def make(self, result: Node, bound: dict[str, str], lines: list[str]) -> None:
        """What the value becomes."""
        args, imm = self.arguments(result, bound, lines)
        if result.memory:
            lines.append(f"s.set_memory(v, {self.number(result.op)}, {args}, {bound[result.memory]}, {imm})")
        else:
            aux = f", {self.names(result.aux, bound)}" if result.aux else ""
            lines.append(f"s.set(v, {self.number(result.op)}, {args}, {imm}{aux})")

    def decide(self, rule: Rule, result: Node, bound: dict[str, str], lines: list[str]) -> None:
        """How a condition is decided."""
        args, imm = self.arguments(result, bound, lines)
        self.compares.add(result.op)
        memory = bound[result.memory] if result.memory else "None"
        lines.append(f"s.decide(_C_{result.op}, {self.table.conditions.index(rule.decides)}, {args}, {imm}, {memory})")


def generate(arch: str) -> str:
    """The module of an architecture."""
    rules = read(ROOT / "pygo_cross/arch" / arch / "rules.txt")
    writer = Writer(arch)
    bodies: list[str] = []
    tables: dict[bool, list[str]] = {False: [], True: []}
    subjects: list[str] = []
    for is_condition in (False, True):
        by_op: dict[int, list[Rule]] = {}
        for rule in rules:
            if bool(rule.decides) == is_condition:
                if rule.pattern.op not in ops.BY_NAME:
                    raise SystemExit(f"{rule.where}: there is no operation {rule.pattern.op}")
                by_op.setdefault(ops.BY_NAME[rule.pattern.op], []).append(rule)
        for op, own in sorted(by_op.items()):
            body, names, subject = writer.functions("_cond_" if is_condition else "_sel_", op, own)
            bodies += body
            tables[is_condition] += [f"    {op << 4 | kind}: {name}," for kind, name in names.items()]
            if not is_condition and subject >= 0:
                subjects.append(f"    {op}: {subject},")
    out = [
        "# SPDX-License-Identifier: BSD-3-Clause",
        f'"""Selection rules of {arch}: made by scripts/generate_selection.py from pygo_cross/arch/{arch}/rules.txt, not by hand."""',
        "# ruff: noqa: SIM102",
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Callable",
        "from typing import Final",
        "",
        "from pygo_cross.arch.insn import insns",
        "from pygo_cross.codegen.mem import VALUE, Mem",
        "from pygo_cross.codegen.selector import Compare, Selector, log2, power2, s32, times2, u32, zero_extended",
        "from pygo_cross.ssa.func import Value",
        "",
        f'_TABLE: Final = insns("{arch}")',
        "_N: Final = _TABLE.numbers",
    ]
    for name in sorted(writer.used):
        out.append(f'{_identifier(name)}: Final = _N["{name}"]')
    for name in sorted(writer.compares):
        out.append(f'_C_{name}: Final = Compare(_TABLE, "{name}")')
    out += bodies
    out += ["", "", "VALUES: Final[dict[int, Callable[[Selector, Value], bool]]] = {", *tables[False], "}"]
    out += ["CONDITIONS: Final[dict[int, Callable[[Selector, Value], bool]]] = {", *tables[True], "}"]
    out += ["SUBJECTS: Final[dict[int, int]] = {", *subjects, "}", ""]
    text = "\n".join(out)
    if "Mem(" not in text:
        text = text.replace("from pygo_cross.codegen.mem import VALUE, Mem\n", "")
    return text


def formatted(text: str) -> str:
    """As ruff has it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "rules.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def main() -> int:
    """Writes the modules, or says whether they are what the rules say."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    parser.add_argument("arch", nargs="*", default=["amd64"])
    args = parser.parse_args()
    wrong = 0
    for arch in args.arch:
        file = ROOT / "pygo_cross/codegen" / f"rules_{arch}.py"
        text = formatted(generate(arch))
        if args.check:
            if not file.exists() or file.read_text() != text:
                print(f"{file.relative_to(ROOT)} is not what the rules say: run scripts/generate_selection.py", file=sys.stderr)
                wrong = 1
        else:
            file.write_text(text)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
