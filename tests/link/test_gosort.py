# SPDX-License-Identifier: BSD-3-Clause
"""Our sort leaves equal elements in the order in which Go's sort.Slice does, whatever the input."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path

from stock import go_command

from pygo_cross.link.gosort import sort_permutation

# Sorts each line's numbers by value and prints the indices they came from. A line "!n" first makes the worst input of length n by the
# adversary of McIlroy (A Killer Adversary for Quicksort), which decides the order of elements only when the sort compares them.
_PROGRAM = r"""
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
)

func worst(n int) []int {
	value := make([]int, n)
	index := make([]int, n)
	for i := range value {
		value[i], index[i] = n, i
	}
	solid, candidate := 0, 0
	freeze := func(i int) { value[i] = solid; solid++ }
	sort.Slice(index, func(a, b int) bool {
		x, y := index[a], index[b]
		if value[x] == n && value[y] == n {
			if x == candidate {
				freeze(x)
			} else {
				freeze(y)
			}
		}
		if value[x] == n {
			candidate = x
		} else if value[y] == n {
			candidate = y
		}
		return value[x] < value[y]
	})
	return value
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var keys []int
		var n int
		if _, err := fmt.Sscanf(in.Text(), "!%d", &n); err == nil {
			keys = worst(n)
		} else if err := json.Unmarshal(in.Bytes(), &keys); err != nil {
			panic(err)
		}
		index := make([]int, len(keys))
		for i := range index {
			index[i] = i
		}
		sort.Slice(index, func(a, b int) bool { return keys[index[a]] < keys[index[b]] })
		out, _ := json.Marshal([][]int{keys, index})
		fmt.Println(string(out))
	}
}
"""


def _inputs() -> list[str]:
    source = random.Random(7)
    lines = []
    for length in [*range(60), 99, 100, 101, 255, 256, 1000, 3000]:
        for distinct in (1, 2, 5, max(1, length // 2), 10 * length + 1):
            keys = [source.randrange(distinct) for _ in range(length)]
            lines.append(keys)
        ascending = sorted(keys)
        almost = list(ascending)
        for _ in range(min(4, length)):
            i, j = source.randrange(length), source.randrange(length)
            almost[i], almost[j] = almost[j], almost[i]
        saw = [index % 7 for index in range(length)]
        pipe = [min(index, length - index) for index in range(length)]
        lines += [ascending, ascending[::-1], almost, almost[::-1], saw, pipe, ascending[length // 2 :] + ascending[: length // 2]]
    return [json.dumps(line) for line in lines] + [f"!{length}" for length in (20, 50, 100, 500, 2000, 5000)]


def test_same_permutation_as_go(tmp_path: Path) -> None:
    program = tmp_path / "sort.go"
    program.write_text(_PROGRAM)
    environment = os.environ | {"GOFLAGS": "", "GOOS": "", "GOARCH": "", "CGO_ENABLED": "0"}
    command, lines = [go_command(), "run", str(program)], "\n".join(_inputs()) + "\n"
    result = subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, check=True)
    cases = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(cases) == len(_inputs())
    for keys, wanted in cases:
        assert sort_permutation(keys) == wanted
    assert any(wanted != sorted(range(len(keys)), key=keys.__getitem__) for keys, wanted in cases)  # else a stable sort would do
