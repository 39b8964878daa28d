# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross lint`: looks at release binaries of any origin, in files, archives and folders."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase

from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_BUILD, EXIT_OK, EXIT_USAGE, UserError
from pygo_cross.lint.finding import Record
from pygo_cross.lint.output import counts, document, lines, shown
from pygo_cross.lint.rules import ERROR, INFO, RULES, SEVERITIES, WARNING, markdown
from pygo_cross.lint.walk import Walk
from pygo_cross.records import nearest

ABOUT = """Looks at release binaries of any origin, for Linux and macOS: what is damaged, what an operating system
refuses, what is unsafe, and what was not meant to be shipped. FILE is an ELF, Mach-O or universal binary, an archive
(tar, tar.gz, tar.xz, tar.bz2, zip) or a folder (dist/). docs/lint.md explains every rule."""

EPILOGUE = """exit status: 0 nothing at severity error, 1 something at error (with --strict, at warning too),
2 a wrong command line or a file that can't be read"""


def run(argv: list[str]) -> int:
    """Looks, prints and tells by its status."""
    made = parser("lint", "[FLAGS] FILE…", ABOUT)
    made.epilog = EPILOGUE
    made.add_argument("files", nargs="*", metavar="FILE", help="binaries, archives, folders")
    made.add_argument("--rule", metavar="RULE", action="append", default=[], help="only this rule, or those of a glob; may be repeated")
    made.add_argument("--ignore", metavar="RULE", action="append", default=[], help="not this rule, or those of a glob; may be repeated")
    made.add_argument(
        "--severity",
        metavar="X",
        action="append",
        default=[],
        help="show what is at least error, warning or info (info); RULE=error and the like change a rule's; may be repeated",
    )
    made.add_argument("--strict", action="store_true", help="warnings count as errors do")
    made.add_argument("--facts", action="store_true", help="tell what the files say of themselves, too")
    made.add_argument("--json", action="store_true", help="everything as JSON, on standard output")
    made.add_argument("-q", "--quiet", action="store_true", help="no summary")
    made.add_argument(
        "--list-rules", nargs="?", const="text", choices=("text", "json", "markdown"), help="list the rules, and look at nothing"
    )
    options = made.parse_args(argv)
    if options.list_rules:
        print(_list(options.list_rules))
        return EXIT_OK
    if not options.files:
        raise UserError.one("no-file", "lint: there is no FILE", "name binaries, archives or folders", status=EXIT_USAGE)
    least, severities = _severities(options.severity)
    wanted = _names(options.rule) if options.rule else set(RULES)
    wanted -= _names(options.ignore)

    walk = Walk()
    walk.run(options.files)
    for record in walk.records:
        record.findings = [f for f in record.findings if f.rule in wanted]
        for finding in record.findings:
            finding.severity = severities.get(finding.rule, finding.severity)
    found = counts(walk.records)
    for record in walk.records:
        record.findings = [f for f in record.findings if SEVERITIES.index(f.severity) <= least]
    if options.json:
        print(json.dumps(document(walk.records, walk.unreadable), indent=2))
    else:
        for line in lines(walk.records, facts=options.facts):
            print(line)
    for path, why in walk.unreadable:
        print(f"pygo-cross: {shown(path)}: can't be read: {why}", file=sys.stderr)
    if not options.quiet:
        print(_summary(walk.records, found), file=sys.stderr)
    if walk.unreadable:
        return EXIT_USAGE
    return EXIT_BUILD if found[ERROR] or (options.strict and found[WARNING]) else EXIT_OK


def _summary(records: list[Record], found: dict[str, int]) -> str:
    files = sum(record.format != "record" for record in records)
    told = ", ".join(f"{found[severity]} {severity}{'' if found[severity] == 1 or severity == INFO else 's'}" for severity in SEVERITIES)
    return f"{files} file{'' if files == 1 else 's'}: {told}"


def _names(patterns: Iterable[str]) -> set[str]:
    """The rules that names and globs mean."""
    result: set[str] = set()
    for pattern in (part.strip() for given in patterns for part in given.split(",")):
        matched = {name for name in RULES if fnmatchcase(name, pattern)}
        if not matched:
            hint = nearest(pattern, list(RULES)) or "pygo-cross lint --list-rules has them"
            raise UserError.one("unknown-rule", f"there is no rule {pattern!r}", hint, status=EXIT_USAGE)
        result |= matched
    return result


def _severities(given: Iterable[str]) -> tuple[int, dict[str, str]]:
    """The least severity to show, and the rules whose severity is another."""
    least, changed = len(SEVERITIES) - 1, {}
    for text in given:
        pattern, equals, level = text.rpartition("=")
        if level not in SEVERITIES:
            hint = nearest(level, list(SEVERITIES)) or f"there are {', '.join(SEVERITIES)}"
            raise UserError.one("unknown-severity", f"there is no severity {level!r}", hint, status=EXIT_USAGE)
        if equals:
            changed.update(dict.fromkeys(_names([pattern]), level))
        else:
            least = SEVERITIES.index(level)
    return least, changed


def _list(form: str) -> str:
    if form == "markdown":
        return markdown()
    if form == "json":
        rules = [{"rule": r.name, "severity": r.severity, "finds": r.what, "todo": r.todo} for r in RULES.values()]
        return json.dumps(rules, indent=2)
    return "\n".join(f"{rule.name:<26}{rule.severity:<9}{rule.what}" for rule in RULES.values())
