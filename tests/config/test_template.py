# SPDX-License-Identifier: BSD-3-Clause
"""Variables in values."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygo_cross.build.template import GitFacts, Variables, expand, expand_one
from pygo_cross.diag import Diagnostic, Pos, UserError

AT = Pos("f.yaml", 3, 4)


def variables(tmp_path: Path = Path("/")) -> Variables:
    return Variables({"Os": "linux", "ProjectName": "p"}, {"HOME": "/h"}, GitFacts(tmp_path, {"Version": "1.2"}))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("{{ .Os }}", "linux"),
        ("{{.Os}}-{{ .Version }}", "linux-1.2"),
        ("{{ .Env.HOME }}", "/h"),
        ("a {{- .Os }} b", "a {{- .Os }} b".replace("a {{- .Os }}", "alinux")),
        ("a {{ .Os -}} b", "a linuxb"),
        ("a {{- .Os -}} b", "alinuxb"),
        ('{{ "{{" }}x{{ `}}` }}', "{{x}}"),
        (r'{{ "a\"b" }}', 'a"b'),
        ("}}", "}}"),
    ],
)
def test_expand(text: str, result: str) -> None:
    assert expand_one(text, variables(), AT) == result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ .Verson }}", "f.yaml:3:4: unknown variable {{ .Verson }}; did you mean Version?"),
        ("{{ .Os.X }}", "unknown variable {{ .Os.X }}"),
        ("{{ .Env.NOPE }}", "the environment variable NOPE is not set"),
        ("{{ . }}", "the dot is all variables together; name one"),
        ("{{ .Os | toupr }}", "there is no function toupr; did you mean toupper?"),
        ("{{ if .Os }}", "{{ if }} without its {{ end }}"),
        ("{{ range .Os }}{{ end }}", "{{ range }} is not there"),
        ("{{ .Os", "{{ without its }}"),
        ("{{}}", "{{ }} without a value"),
        ("{{ .Date }}", "unknown variable {{ .Date }}; builds repeat: write .CommitDate"),
        ("{{ title 3 }}", "title takes text, not a whole number"),
        ("{{ eq .Os 3 }}", "text and a whole number can't be compared"),
        ("{{ .Os .Version }}", "arguments for what is not a function"),
        ("{{ incpatch .ProjectName }}", "p is not a semantic version"),
        ("{{ " + "(" * 60 + ".Os" + ")" * 60 + " }}", "more than 50 levels"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        expand_one(text, variables(), AT)
    assert message in str(caught.value)
    assert caught.value.status == 2


@given(st.text(alphabet=st.sampled_from('{}.-Os "`\\|aE'), max_size=30))
def test_any_text(text: str) -> None:
    problems: list[Diagnostic] = []
    result = expand(text, variables(), AT, problems)
    if "{{" not in text:
        assert result == text and not problems


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    return subprocess.run(["git", "-C", str(folder), *identity, *args], check=True, capture_output=True, text=True).stdout.strip()


def test_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    none = GitFacts(tmp_path)
    assert (none.answer("Version"), none.answer("Commit")) == ("0.0.0-SNAPSHOT-none", "none")
    assert none.answer("CommitTimestamp") == "0"
    git(tmp_path, "init", "-q", "-b", "trunk")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    git(tmp_path, "tag", "v1.2.3")
    tagged = GitFacts(tmp_path)
    assert (tagged.answer("Version"), tagged.answer("Tag"), tagged.answer("Branch")) == ("1.2.3", "v1.2.3", "trunk")
    assert tagged.answer("Commit") == git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "two")
    later = GitFacts(tmp_path)
    assert later.answer("Version") == f"1.2.3-SNAPSHOT-{later.answer('ShortCommit')}"
    assert GitFacts(tmp_path, tagged.answers).answer("Version") == "1.2.3"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12")
    assert GitFacts(tmp_path).answer("CommitTimestamp") == "12"
    for wrong in ("soon", "-1", "1.5", "9" * 12, "\uff11\uff12"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(UserError, match="is not a number of seconds since 1970"):
            GitFacts(tmp_path).answer("CommitTimestamp")
