# SPDX-License-Identifier: BSD-3-Clause
"""Templates against Go's own text/template: what it makes of them, and what it refuses."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.gotemplate import TemplateError, run
from pygo_cross.build.template import GitFacts, Variables

STRINGS = {"Os": "linux", "ProjectName": "my-tool", "Binary": "", "Arch": "a\"ß\t'", "Amd64": "v1"}
ENV = {"HOME": "/home/x", "EMPTY": "", "LIST": "a,b,c"}
INTS = {"Major": 1, "Minor": 0}
BOOLS = {"IsSnapshot": True, "IsGitDirty": False}
WHEN = 1136239445  # Mon Jan 2 15:04:05 2006, in a zone west of here
FACTS = {"Tag": "v1.0.3", "IsSnapshot": "true", "IsGitDirty": "false", "CommitTimestamp": str(WHEN)}


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], list[dict[str, str]]]:
    """text/template on a list of templates."""
    program = tmp_path_factory.mktemp("oracle") / "oracle"
    source = Path(__file__).with_name("oracle.go")
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOROOT": str(find_goroot()), "GOFLAGS": "-trimpath"}
    subprocess.run([find_goroot() / "bin/go", "build", "-o", program, source], env=env, check=True)

    def ask(templates: list[str]) -> list[dict[str, str]]:
        asked = {"Templates": templates, "Strings": STRINGS, "Ints": INTS, "Bools": BOOLS, "Env": ENV, "When": WHEN}
        done = subprocess.run([program], input=json.dumps(asked), capture_output=True, text=True, check=True)
        found: list[dict[str, str]] = json.loads(done.stdout)
        assert len(found) == len(templates)
        return found

    return ask


def ours(text: str) -> str | TemplateError:
    variables = Variables(STRINGS, ENV, GitFacts(Path("/"), FACTS))
    try:
        return run(text, variables, variables.functions())
    except TemplateError as error:
        return error


def same(templates: list[str], oracle: Any) -> None:
    wrong = []
    for text, theirs in zip(templates, oracle(templates), strict=True):
        mine = ours(text)
        if isinstance(mine, TemplateError):
            if not theirs["Bad"]:
                wrong.append((text, theirs["Text"], f"refused: {mine}"))
        elif theirs["Bad"] or theirs["Text"] != mine:
            wrong.append((text, theirs["Bad"] or theirs["Text"], mine))
    assert not wrong, "\n".join(map(repr, wrong[:20]))


TEMPLATES = [
    "plain",
    "{{.Os}}",
    "{{ .Os }}{{ .Amd64 }}",
    "a {{- .Os -}} b",
    "a {{ .Os -}}\n\t b {{- .Os }}",
    "{{- /* c */ -}} x",
    "a {{/* c */}} b",
    "{{/*c*/ }}",
    "{{ /*c*/}}",
    "{{/* }} */}}",
    "{{-3}}",
    "{{- 3}}",
    "{{3 -}} x",
    "{{3-}}",
    "{{ 0x1F }} {{ 0o17 }} {{ 017 }} {{ 0b11 }}",
    '{{ "a\\tb\\n\\x41\\u00e9\\101\\"" }}',
    "{{ `a\\t` }}",
    '{{ "\\\'" }}',
    '{{ "\\xff" | len }}',
    '{{ "a\nb" }}',
    "{{ `a\nb` }}",
    "{{ if .Binary }}a{{ else }}b{{ end }}",
    "{{ if .Os }}a{{ else if .Binary }}b{{ end }}",
    "{{ if .Binary }}a{{ else if .Os }}b{{ else }}c{{ end }}",
    "{{ with .Os }}{{ . }}{{ $.Amd64 }}{{ end }}",
    "{{ with .Binary }}x{{ else }}y{{ end }}",
    "{{ with .Binary }}x{{ else with .Os }}{{ . }}{{ end }}",
    "{{ with .Os }}{{ .Os }}{{ end }}",
    "{{ with $x := .Os }}{{ $x }}{{ end }}{{ $x }}",
    "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}",
    "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}",
    "{{ $x = 1 }}",
    "{{ if .Os }}",
    "{{ end }}",
    "{{ else }}",
    "{{ if }}a{{ end }}",
    "{{ if .Os }}a{{ else }}b{{ else }}c{{ end }}",
    "{{ if .Os }}a{{ else with .Os }}c{{ end }}",
    "{{ if .Os }}{{ end 1 }}",
    '{{ if not (eq .Amd64 "v1") }}x{{ end }}',
    '{{ if eq .Os "darwin" "linux" }}y{{ end }}',
    "{{ eq .Os }}",
    "{{ eq .Os 1 }}",
    "{{ eq .Major 1 }}",
    "{{ eq true .IsSnapshot }}",
    "{{ ne .Os .Amd64 }}",
    "{{ lt 1 2 }}{{ le .Os .Os }}{{ gt .Os .Amd64 }}{{ ge 1 2 }}",
    "{{ lt true false }}",
    "{{ ne 1 2 3 }}",
    "{{ and .Os .Amd64 }}|{{ and .Binary .Os }}|{{ or .Binary .Os }}|{{ or .Binary 0 }}",
    "{{ and }}",
    "{{ not .Binary }}",
    "{{ or .Os .NoSuch }}",
    "{{ .Os | and .Amd64 }}",
    "{{ .Os | or }}",
    "{{ .NoSuch }}",
    "{{ .Os.X }}",
    "{{ .Env.HOME }}",
    "{{ .Env.NOPE }}",
    '{{ index .Env "HOME" }}',
    '{{ index .Env "NOPE" }}',
    "{{ .Env }}",
    "{{ len .Env }} {{ len .Os }} {{ len .Arch }}",
    "{{ len 3 }}",
    "{{ index .Os 1 }}",
    "{{ index .Os 9 }}",
    '{{ split .Env.LIST "," }}',
    '{{ index (split .Env.LIST ",") 1 }}',
    '{{ (split .Env.LIST ",").X }}',
    '{{ split "abc" "" }}',
    '{{ split "aßb" "" }}',
    "{{ slice .Os 1 3 }}",
    "{{ slice .Os }}",
    "{{ slice .Os 3 1 }}",
    "{{ slice .Os 1 }}",
    "{{ slice .Os 1 2 3 }}",
    "{{ print 1 2 .Os 3 true false }}",
    "{{ println 1 .Os }}",
    "{{ print }}",
    '{{ printf "%s-%v %d %q %t %5s|%-5s|%05d %x%%" .Os 1 2 "a\\"b" true "x" "y" 42 255 }}',
    '{{ printf "%q" .Arch }}',
    '{{ printf "%v" .IsSnapshot }}',
    '{{ printf "%.2s" .Os }}',
    "{{ printf 3 }}",
    '{{ replace .ProjectName "-" "_" }}',
    '{{ .ProjectName | replace "-" "_" }}',
    "{{ toupper .Arch }}",
    "{{ tolower .Os }}",
    '{{ trim "  a\\u00a0 " }}',
    '{{ trimprefix .Amd64 "v" }}',
    '{{ trimsuffix .Os "ux" }}',
    '{{ contains .Os "nu" }}',
    "{{ toupper 3 }}",
    "{{ toupper }}",
    "{{ toupper .Os .Os }}",
    '{{ dir "/a/b/../c/d" }} {{ base "/a/b/" }} {{ base "" }} {{ dir "" }} {{ dir "/" }} {{ base "///" }} {{ dir "a" }} {{ dir "//a" }}',
    '{{ envOrDefault "HOME" "x" }}{{ envOrDefault "NOPE" "x" }}{{ isEnvSet "EMPTY" }}{{ isEnvSet "HOME" }}',
    "{{ nosuch .Os }}",
    "{{ (.Os) }}",
    "{{ (.Env).HOME }}",
    "{{ ( }}",
    "{{ ) }}",
    "{{ () }}",
    "{{ | toupper }}",
    "{{ .Os | }}",
    "{{ .Os | .Os }}",
    "{{ .Os | 3 }}",
    "{{ .Os .Os }}",
    "{{ .Os }",
    "{{ .Os",
    "{{",
    "}}",
    "{{}}",
    "{{ }}",
    "{ {.Os}}",
    "{{ nil }}",
    "{{ print nil }}",
    "{{ true }}{{ false }}",
    "{{ true.X }}",
    "{{ print.X }}",
    '{{ "a""b" }}',
    '{{ print "a" "b" }}',
    '{{ print "a""b" }}',
    "{{ .Os.}}",
    "{{ ..Os }}",
    "{{ .Os-1 }}",
    "{{ $.Os }}",
    "{{ $x }}",
    "{{ print (print 1) (print 2) }}",
    "{{ if and .Os (or .Binary (not .Binary)) }}deep{{ end }}",
    "{{ .Os }}{{ if .Binary -}} x {{- else -}} y {{- end }} z",
    "{{ .Major }}.{{ .Minor }}{{ if .Minor }}!{{ end }}{{ if .IsGitDirty }}dirty{{ end }}",
    "{{ if .Env }}e{{ end }}",
    "{{ .Os | toupper | print .Os }}",
    '{{ with $x := split .Env.LIST "," }}{{ len $x }}{{ end }}',
    "{{ @ }}",
    "{{ .Os, }}",
    "{{ print 1, 2 }}",
    "{{ $x := }}",
    "{{ $x , $y := .Os }}",
    *(
        f'{{{{ time "{layout}" }}}}'
        for layout in (
            "2006-01-02",
            "20060102150405",
            "Mon, 02 Jan 2006 15:04:05 MST",
            "January 2 06 3:4:5PM",
            "Monday _2 002 __2 pm",
            "2006-01-02T15:04:05.000Z07:00",
            "05.999 05,00",
            "-0700 -07:00 -07 Z0700 Z07",
            "Janus Month",
            "_2006",
            "x1y2z3",
            "03h04m",
            "Jan1",
            "0405",
            "-07:00:00 Z070000",
        )
    ),
]


def test_templates(oracle: Any) -> None:
    same(TEMPLATES, oracle)


def test_random_templates(oracle: Any) -> None:
    """Well-formed ones, out of a small grammar, and the same with a piece torn out or doubled."""
    source = random.Random(7)
    pick = source.choice

    def operand(depth: int) -> str:
        leaves = [".Os", ".Binary", ".Major", ".IsSnapshot", '"a b"', "`v1`", "0", "-7", "true", ".Env.HOME", "$", ".", ".Amd64", "$.Os"]
        if depth <= 0 or source.random() < 0.5:
            return pick(leaves)
        return f"({pipeline(depth - 1)})"

    def pipeline(depth: int) -> str:
        names = [
            "eq",
            "ne",
            "lt",
            "and",
            "or",
            "not",
            "print",
            "toupper",
            "len",
            "index",
            "replace",
            "trimprefix",
            "printf",
            "slice",
            "split",
        ]
        one = operand(depth)
        if source.random() < 0.6:
            one = " ".join([pick(names), *(operand(depth) for _ in range(source.randint(1, 3)))])
        return one + (f" | {pick(names)} {operand(0)}" if source.random() < 0.2 else "")

    def body(depth: int) -> str:
        made = ""
        for _ in range(source.randint(1, 3)):
            kind = source.random()
            if depth > 0 and kind < 0.4:
                word = pick(["if", "with"])
                middle = f"{{{{ else }}}}{body(depth - 1)}" if source.random() < 0.5 else ""
                made += f"{{{{{pick(['', '-'])} {word} {pipeline(2)} }}}}{body(depth - 1)}{middle}{{{{ end {pick(['', '-'])}}}}}"
            elif kind < 0.8:
                made += f"{{{{ {pipeline(2)} }}}}"
            else:
                made += pick([" x ", "\n", "}", "{"])
        return made

    templates = [body(2) for _ in range(1500)]
    for text in templates[:1000]:
        cut, end = sorted((source.randrange(len(text)), source.randrange(len(text))))
        templates.append(text[:cut] + (text[end:] if source.random() < 0.5 else text[cut:end] * 2 + text[end:]))
    # What we refuse on purpose: all variables together as a value, and what printf would write as a mistake of its own.
    kept = [text for text in templates if not any(words in str(ours(text)) for words in ("the dot is all", "printf "))]
    assert sum(not isinstance(ours(text), TemplateError) for text in kept) > 300
    same(kept, oracle)


@pytest.mark.parametrize(
    "text", ["{{ range .Os }}{{ end }}", '{{ define "x" }}{{ end }}', '{{ template "x" }}', '{{ block "x" . }}{{ end }}', "{{ break }}"]
)
def test_what_is_not_there(text: str) -> None:
    found = ours(text)
    assert isinstance(found, TemplateError) and "is not there" in found.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 1_000 }}", "'1_000' is not a whole number"),
        ("{{ 1.5 }}", "'1.5' is not a whole number"),
        ("{{ .1 }}", "a number with a point"),
        ("{{ 'a' }}", 'unexpected "\'" in an action'),
        ("{{ $ }}", "the dot is all variables together"),
        ('{{ printf "%d" .Os }}', "printf can't write text with %d"),
        ('{{ printf "%s" 1 2 }}', "printf can't write a whole number with %s"),
    ],
)
def test_what_is_refused_on_purpose(text: str, message: str) -> None:
    found = ours(text)
    assert isinstance(found, TemplateError) and message in found.message


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ title .Os }}", "Linux"),
        ('{{ title "hello wORLD don\'t foo_bar v1beta 2nd x-y" }}', "Hello World Don't Foo_bar V1beta 2Nd X-Y"),
        ("{{ incpatch .Tag }} {{ incminor .Tag }} {{ incmajor .Tag }}", "v1.0.4 v1.1.0 v2.0.0"),
        ('{{ incpatch "1.2.3-rc1" }} {{ incminor "1.2.3-rc1" }} {{ incpatch "1.2.3+x" }}', "1.2.3 1.3.0 1.2.4"),
        ("{{ .Major }}.{{ .Minor }}.{{ .Patch }} {{ .RawVersion }}{{ .Prerelease }}", "1.0.3 1.0.3"),
        ("{{ .CommitDate }}", "2006-01-02T22:04:05Z"),
        ("{{ if .IsGitClean }}clean{{ end }}", "clean"),
    ],
)
def test_functions_beyond_the_standard_library(text: str, result: str) -> None:
    assert ours(text) == result
