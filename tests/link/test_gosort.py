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

# Sorts each line's numbers by value and prints the indices they came from. For a line "!n" it first makes a bad input of length n:
# which of two elements is less is decided only when they are first compared, and then one of them is less than all that is undecided.
# So pivots are among the smallest of their range, as often as it takes to have the sort give up and use its heap sort.
_PROGRAM = r"""
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
)

func worst(n int) []int {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	value, index := make([]int, n), make([]int, n)
	for i := range n {
		value[i], index[i] = n, i
	}
	next := 0
	sort.Slice(index, func(a, b int) bool {
		x, y := index[a], index[b]
		if value[x] == n && value[y] == n {
			fixed := x
			if random.IntN(2) == 0 {
				fixed = y
			}
			value[fixed] = next
			next++
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
    environment = os.environ | {"GOFLAGS": "-trimpath", "GOOS": "", "GOARCH": "", "CGO_ENABLED": "0"}
    command, lines = [go_command(), "run", str(program)], "\n".join(_inputs()) + "\n"
    result = subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, check=True)
    cases = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(cases) == len(_inputs())
    for keys, wanted in cases:
        assert sort_permutation(keys) == wanted
    assert any(wanted != sorted(range(len(keys)), key=keys.__getitem__) for keys, wanted in cases)  # else a stable sort would do
