// SPDX-License-Identifier: BSD-3-Clause

// Prints where the program's file is mapped, as runtime/pprof asks for it: where each mapping begins, how, and at what offset.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) == 6 && filepath.IsAbs(fields[5]) {
			fmt.Println(strings.SplitN(fields[0], "-", 2)[0], fields[1], fields[2], filepath.Base(fields[5]) == filepath.Base(os.Args[0]))
		}
	}
}
