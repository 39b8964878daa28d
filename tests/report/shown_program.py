# SPDX-License-Identifier: BSD-3-Clause
"""The program and the configuration of the build that the report's tests look at."""

from __future__ import annotations

HOSTILE = "</script></pre><img src=x onerror=alert(1)><script>hacked=1</script>"
"""What the program has in its strings and types, and prints."""

PROGRAM = f"""package main

import (
	"fmt"
	"os"
	"reflect"
)

type tagged struct {{
	Field int `json:"{HOSTILE}"`
}}

type speaker interface{{ speak() string }}

type person struct{{ name string }}

func (p *person) speak() string {{ return p.name }}

//go:noinline
func listen(s speaker) string {{ return s.speak() }}

var quiet [4096]byte

func main() {{
	fmt.Println("{HOSTILE}")
	fmt.Println("\\x1b[31mred\\x1b[0m \\u202eevil\\u202c", reflect.TypeOf(tagged{{}}).Field(0).Tag)
	quiet[len(os.Args)] = 1
	fmt.Println(listen(&person{{os.Args[0]}}) != "", quiet[0])
	if len(os.Args) > 1 {{
		fmt.Fprintln(os.Stderr, "asked to fail:", os.Args[1:])
		os.Exit(3)
	}}
}}
"""

CONFIG = """version: 1
project: shown
builds:
  - id: shown
    main: .
    targets: [linux/amd64, darwin/arm64]
    ldflags: [-s, -w]
    smoke:
      - {}
      - {args: ["<b>fail</b>"], targets: [darwin/*], exit: 0}
archives:
  - formats: [tar.gz]
"""
