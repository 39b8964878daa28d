# SPDX-License-Identifier: BSD-3-Clause
"""go:embed patterns, right and wrong, beside stock: one package for each, all listed at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trees import differences

PATTERNS = {
    "file": "a.txt", "two": "a.txt b.txt", "quoted": '"sp ace.txt" `a.txt`', "glob": "*.txt", "question": "?.txt", "class": "[ab].txt",
    "negated": "[^a].txt", "escape": '\\\\a.txt', "folder": "dir", "all": "all:dir", "inside": "dir/*", "deep": "dir/sub/deep.txt",
    "hidden": ".hidden", "hidden_glob": "*", "missing": "nothing.txt", "no_match": "*.none", "dot": ".", "upwards": "../x",
    "absolute": "/etc", "trailing": "dir/", "double": "dir//x", "bad_class": "[a", "bad_escape": 'a\\\\', "module": "mod",
    "in_module": "mod/x.txt", "empty": "void", "link": "link.txt", "linked_folder": "linkdir/x.txt", "git": ".git",
    "in_git": ".git/config", "bad_name": "bad/a:b.txt", "bad_inside": "bad", "under": "_under", "unfinished": '"a.txt', "none": "",
    "tab": 'a.txt\\tb.txt', "unicode": "größe.txt", "only_hidden": "dots",
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("embed")
    (root / "go.mod").write_text("module example.com/m\n\ngo 1.27\n")
    for name, pattern in PATTERNS.items():
        folder = root / name
        for file in (
            "a.txt", "b.txt", "sp ace.txt", "dir/x.txt", "dir/.dot", "dir/_under", "dir/sub/deep.txt", "dir/inner/go.mod",
            "dir/inner/y.txt",
            ".hidden", "mod/go.mod", "mod/x.txt", ".git/config", "bad/a:b.txt", "_under/x.txt", "größe.txt", "dots/.only",
        ):  # fmt: skip
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
        (folder / "void").mkdir()
        os.symlink("a.txt", folder / "link.txt")
        os.symlink("dir", folder / "linkdir")
        text = pattern.encode().decode("unicode_escape").encode("latin-1").decode()
        (folder / "p.go").write_text(f'package p\n\nimport _ "embed"\n\n//go:embed {text}\nvar x string\n')
    (root / "tests").mkdir()
    (root / "tests/p.go").write_text("package p\n")
    (root / "tests/in_test.go").write_text('package p\n\nimport _ "embed"\n\n//go:embed nothing\nvar x string\n')
    (root / "tests/out_test.go").write_text(
        'package p_test\n\nimport _ "embed"\n\n// text\n\n//go:embed *.go\nvar s = `\n//go:embed in_a_string`\n\n'
        "//go:embedded x\n/*\n//go:embed no\n*/\n"
    )
    (root / "plain").mkdir()
    (root / "plain/p.go").write_text("package p\n\n//go:embed without_import\nvar x string\n")
    return root


def test_patterns(tree: Path) -> None:
    assert differences(tree, ["./..."]) == []


def test_patterns_of_tests(tree: Path) -> None:
    assert differences(tree, ["./tests", "./file"], tests=True) == []
