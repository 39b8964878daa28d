// SPDX-License-Identifier: BSD-3-Clause

// Command stockcheck measures stock Go's go/parser and go/types alone on the packages that it is told of: one JSON object a package
// on its input, as for tests/types/oracle. It prints one JSON object: CPU seconds of each, lines, and peak memory in bytes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
)

type request struct {
	ID, Path, Dir string
	Files         []string
	ImportMap     map[string]string
	GoVersion     string
}

type importer struct {
	packages map[string]*types.Package
	renamed  map[string]string
}

func (i *importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if id, ok := i.renamed[path]; ok {
		path = id
	}
	return i.packages[path], nil
}

func seconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "nogc" {
		debug.SetGCPercent(-1)
	}
	decoder := json.NewDecoder(bufio.NewReader(os.Stdin))
	var requests []request
	for {
		var r request
		if err := decoder.Decode(&r); err == io.EOF {
			break
		} else if err != nil {
			panic(err)
		}
		requests = append(requests, r)
	}
	fset := token.NewFileSet()
	began := seconds()
	parsed := make([][]*ast.File, len(requests))
	for i, r := range requests {
		for _, name := range r.Files {
			file, err := parser.ParseFile(fset, filepath.Join(r.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				panic(err)
			}
			parsed[i] = append(parsed[i], file)
		}
	}
	lines := 0
	fset.Iterate(func(file *token.File) bool { lines += file.LineCount(); return true })
	middle := seconds()
	packages := map[string]*types.Package{}
	for i, r := range requests {
		config := types.Config{Importer: &importer{packages, r.ImportMap}, GoVersion: r.GoVersion}
		info := &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{},
			Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		}
		pkg, err := config.Check(r.Path, fset, parsed[i], info)
		if err != nil {
			panic(err)
		}
		packages[r.ID] = pkg
	}
	end := seconds()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	fmt.Printf("{\"parse\": %.3f, \"check\": %.3f, \"lines\": %d, \"memory\": %d}\n", middle-began, end-middle, lines, usage.Maxrss*1024)
}
