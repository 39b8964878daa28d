// SPDX-License-Identifier: BSD-3-Clause

// The oracle of package syntax: what cmd/compile's own scanner and parser, and go/parser, make of source texts.
//
// It is built beside a copy of GOROOT/src/cmd/compile/internal/syntax, and answers requests from standard input. A request is a line
// `MODE SIZE NAME` and SIZE bytes of source; an answer is a line with its size, and the answer:
//
//	errors  a line an error, in the order of their finding: line, column, message
//	digest  the same, and a line with the SHA-256 of the tree
//	tree    the same, and the tree: a line a node
//	print   the different expressions in the form of messages, sorted
//	ast     the expressions of go/ast: a line each with kind, offset and end, sorted
//	time    seconds that go/parser and this parser take for the files that the source lists, one a line
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"

	"oracle/syntax"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		var mode, name string
		var size int
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		mode, name = fields[0], fields[2]
		fmt.Sscan(fields[1], &size)
		source := make([]byte, size)
		if _, err := io.ReadFull(in, source); err != nil {
			panic(err)
		}
		answer := handle(mode, name, source)
		fmt.Fprintf(out, "%d\n", len(answer))
		out.Write(answer)
		out.Flush()
	}
}

func handle(mode, name string, source []byte) []byte {
	var b bytes.Buffer
	switch mode {
	case "ast":
		goAST(&b, name, source)
		return b.Bytes()
	case "time":
		times(&b, strings.Fields(string(source)))
		return b.Bytes()
	}
	handler := func(err error) {
		e := err.(syntax.Error)
		fmt.Fprintf(&b, "%d:%d: %s\n", e.Pos.Line(), e.Pos.Col(), e.Msg)
	}
	file, _ := syntax.Parse(syntax.NewFileBase(name), bytes.NewReader(source), handler, nil, syntax.CheckBranches)
	if mode == "errors" {
		return b.Bytes()
	}
	if file == nil {
		b.WriteString("no tree\n")
		return b.Bytes()
	}
	if mode == "print" {
		texts := make(map[string]bool)
		syntax.Inspect(file, func(n syntax.Node) bool {
			if x, ok := n.(syntax.Expr); ok {
				texts[syntax.String(x)+"\n"] = true
			}
			return true
		})
		for _, text := range slices.Sorted(maps.Keys(texts)) {
			b.WriteString(text)
		}
		return b.Bytes()
	}
	d := &dumper{starts: []int{0}}
	for i, c := range source {
		if c == '\n' {
			d.starts = append(d.starts, i+1)
		}
	}
	d.file(file)
	if mode == "digest" {
		fmt.Fprintf(&b, "%x\n", sha256.Sum256(d.out.Bytes()))
	} else {
		b.Write(d.out.Bytes())
	}
	return b.Bytes()
}

type dumper struct {
	out    bytes.Buffer
	starts []int
	groups map[*syntax.Group]int
}

func (d *dumper) offset(pos syntax.Pos) int {
	if !pos.IsKnown() {
		return -1
	}
	return d.starts[pos.Line()-1] + int(pos.Col()) - 1
}

func (d *dumper) node(n syntax.Node, kind string, extra ...any) {
	fmt.Fprintf(&d.out, "%s %d %d %d", kind, d.offset(n.Pos()), d.offset(syntax.StartPos(n)), d.offset(syntax.EndPos(n)))
	for _, e := range extra {
		fmt.Fprintf(&d.out, " %v", e)
	}
	d.out.WriteByte('\n')
}

func (d *dumper) file(f *syntax.File) {
	d.node(f, "File", fmt.Sprintf("%q", f.GoVersion))
	d.expr(f.PkgName)
	for _, decl := range f.DeclList {
		d.decl(decl)
	}
}

func (d *dumper) group(g *syntax.Group) int {
	if g == nil {
		return 0
	}
	if d.groups == nil {
		d.groups = make(map[*syntax.Group]int)
	}
	if d.groups[g] == 0 {
		d.groups[g] = len(d.groups) + 1
	}
	return d.groups[g]
}

func (d *dumper) names(list []*syntax.Name) {
	for _, n := range list {
		d.expr(n)
	}
}

func (d *dumper) fields(list []*syntax.Field) {
	var last syntax.Expr
	for _, f := range list {
		d.node(f, "Field", f.Type == last)
		if f.Name != nil {
			d.expr(f.Name)
		}
		if f.Type != last {
			d.expr(f.Type)
		}
		last = f.Type
	}
}

func (d *dumper) decl(n syntax.Decl) {
	switch n := n.(type) {
	case *syntax.ImportDecl:
		// EndPos fails without a path.
		if n.Path == nil {
			fmt.Fprintf(&d.out, "ImportDecl %d %d\n", d.offset(n.Pos()), d.group(n.Group))
		} else {
			d.node(n, "ImportDecl", d.group(n.Group))
		}
		if n.LocalPkgName != nil {
			d.expr(n.LocalPkgName)
		}
		if n.Path != nil {
			d.expr(n.Path)
		}
	case *syntax.ConstDecl:
		d.node(n, "ConstDecl", d.group(n.Group))
		d.names(n.NameList)
		d.expr(n.Type)
		d.expr(n.Values)
	case *syntax.TypeDecl:
		d.node(n, "TypeDecl", d.group(n.Group), n.Alias)
		d.expr(n.Name)
		d.fields(n.TParamList)
		d.expr(n.Type)
	case *syntax.VarDecl:
		d.node(n, "VarDecl", d.group(n.Group))
		d.names(n.NameList)
		d.expr(n.Type)
		d.expr(n.Values)
	case *syntax.FuncDecl:
		d.node(n, "FuncDecl")
		if n.Recv != nil {
			d.fields([]*syntax.Field{n.Recv})
		}
		d.expr(n.Name)
		d.fields(n.TParamList)
		d.expr(n.Type)
		if n.Body != nil {
			d.stmt(n.Body)
		}
	}
}

func (d *dumper) exprs(list []syntax.Expr) {
	for _, x := range list {
		d.expr(x)
	}
}

func (d *dumper) expr(n syntax.Expr) {
	switch n := n.(type) {
	case nil:
		d.out.WriteString("-\n")
	case *syntax.BadExpr:
		d.node(n, "BadExpr")
	case *syntax.Name:
		d.node(n, "Name", n.Value)
	case *syntax.BasicLit:
		d.node(n, "BasicLit", int(n.Kind), n.Bad, n.Value)
	case *syntax.CompositeLit:
		d.node(n, "CompositeLit", n.NKeys, d.offset(n.Rbrace))
		d.expr(n.Type)
		d.exprs(n.ElemList)
	case *syntax.KeyValueExpr:
		d.node(n, "KeyValueExpr")
		d.expr(n.Key)
		d.expr(n.Value)
	case *syntax.FuncLit:
		d.node(n, "FuncLit")
		d.expr(n.Type)
		d.stmt(n.Body)
	case *syntax.ParenExpr:
		d.node(n, "ParenExpr")
		d.expr(n.X)
	case *syntax.SelectorExpr:
		d.node(n, "SelectorExpr")
		d.expr(n.X)
		d.expr(n.Sel)
	case *syntax.IndexExpr:
		d.node(n, "IndexExpr")
		d.expr(n.X)
		d.expr(n.Index)
	case *syntax.SliceExpr:
		d.node(n, "SliceExpr", n.Full)
		d.expr(n.X)
		d.exprs(n.Index[:])
	case *syntax.AssertExpr:
		d.node(n, "AssertExpr")
		d.expr(n.X)
		d.expr(n.Type)
	case *syntax.TypeSwitchGuard:
		d.node(n, "TypeSwitchGuard")
		if n.Lhs != nil {
			d.expr(n.Lhs)
		}
		d.expr(n.X)
	case *syntax.Operation:
		d.node(n, "Operation", int(n.Op))
		d.expr(n.X)
		d.expr(n.Y)
	case *syntax.CallExpr:
		d.node(n, "CallExpr", n.HasDots)
		d.expr(n.Fun)
		d.exprs(n.ArgList)
	case *syntax.ListExpr:
		d.node(n, "ListExpr")
		d.exprs(n.ElemList)
	case *syntax.ArrayType:
		d.node(n, "ArrayType")
		d.expr(n.Len)
		d.expr(n.Elem)
	case *syntax.SliceType:
		d.node(n, "SliceType")
		d.expr(n.Elem)
	case *syntax.DotsType:
		d.node(n, "DotsType")
		d.expr(n.Elem)
	case *syntax.StructType:
		d.node(n, "StructType")
		d.fields(n.FieldList)
		for i, tag := range n.TagList {
			if tag != nil {
				fmt.Fprintf(&d.out, "tag %d\n", i)
				d.expr(tag)
			}
		}
	case *syntax.InterfaceType:
		d.node(n, "InterfaceType")
		d.fields(n.MethodList)
	case *syntax.FuncType:
		d.node(n, "FuncType")
		d.fields(n.ParamList)
		d.out.WriteString("results\n")
		d.fields(n.ResultList)
	case *syntax.MapType:
		d.node(n, "MapType")
		d.expr(n.Key)
		d.expr(n.Value)
	case *syntax.ChanType:
		d.node(n, "ChanType", int(n.Dir))
		d.expr(n.Elem)
	default:
		panic(fmt.Sprintf("%T", n))
	}
}

func (d *dumper) stmts(list []syntax.Stmt) {
	for _, s := range list {
		d.stmt(s)
	}
}

func (d *dumper) stmt(n syntax.Stmt) {
	switch n := n.(type) {
	case nil:
		d.out.WriteString("-\n")
	case *syntax.EmptyStmt:
		d.node(n, "EmptyStmt")
	case *syntax.LabeledStmt:
		d.node(n, "LabeledStmt")
		d.expr(n.Label)
		d.stmt(n.Stmt)
	case *syntax.BlockStmt:
		d.node(n, "BlockStmt", d.offset(n.Rbrace))
		d.stmts(n.List)
	case *syntax.ExprStmt:
		d.node(n, "ExprStmt")
		d.expr(n.X)
	case *syntax.SendStmt:
		d.node(n, "SendStmt")
		d.expr(n.Chan)
		d.expr(n.Value)
	case *syntax.DeclStmt:
		d.node(n, "DeclStmt")
		for _, decl := range n.DeclList {
			d.decl(decl)
		}
	case *syntax.AssignStmt:
		d.node(n, "AssignStmt", int(n.Op))
		d.expr(n.Lhs)
		d.expr(n.Rhs)
	case *syntax.BranchStmt:
		target := -1
		if n.Target != nil {
			target = d.offset(n.Target.Pos())
		}
		d.node(n, "BranchStmt", int(n.Tok), target)
		if n.Label != nil {
			d.expr(n.Label)
		}
	case *syntax.CallStmt:
		d.node(n, "CallStmt", int(n.Tok))
		d.expr(n.Call)
	case *syntax.ReturnStmt:
		d.node(n, "ReturnStmt")
		d.expr(n.Results)
	case *syntax.IfStmt:
		d.node(n, "IfStmt")
		d.simple(n.Init)
		d.expr(n.Cond)
		d.stmt(n.Then)
		d.stmt(n.Else)
	case *syntax.ForStmt:
		d.node(n, "ForStmt")
		d.simple(n.Init)
		d.expr(n.Cond)
		d.simple(n.Post)
		d.stmt(n.Body)
	case *syntax.SwitchStmt:
		d.node(n, "SwitchStmt", d.offset(n.Rbrace))
		d.simple(n.Init)
		d.expr(n.Tag)
		for _, c := range n.Body {
			d.node(c, "CaseClause", d.offset(c.Colon))
			d.expr(c.Cases)
			d.stmts(c.Body)
		}
	case *syntax.SelectStmt:
		d.node(n, "SelectStmt", d.offset(n.Rbrace))
		for _, c := range n.Body {
			d.node(c, "CommClause", d.offset(c.Colon))
			d.simple(c.Comm)
			d.stmts(c.Body)
		}
	case *syntax.RangeClause:
		d.node(n, "RangeClause", n.Def)
		d.expr(n.Lhs)
		d.expr(n.X)
	default:
		panic(fmt.Sprintf("%T", n))
	}
}

func (d *dumper) simple(n syntax.SimpleStmt) {
	if n == nil {
		d.out.WriteString("-\n")
		return
	}
	d.stmt(n)
}

func goAST(b *bytes.Buffer, name string, source []byte) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		fmt.Fprintf(b, "%v\n", err)
		return
	}
	base := fset.File(file.FileStart).Base()
	var lines []string
	ast.Inspect(file, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok {
			if e, ok := x.(*ast.Ellipsis); ok && e.Elt == nil {
				return true
			}
			lines = append(lines, fmt.Sprintf("%s %d %d\n", strings.TrimPrefix(fmt.Sprintf("%T", x), "*ast."), int(x.Pos())-base, int(x.End())-base))
		}
		return true
	})
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, ""))
}

func cpu() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func times(b *bytes.Buffer, files []string) {
	var sources [][]byte
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		sources = append(sources, source)
	}
	start := cpu()
	fset := token.NewFileSet()
	for i, source := range sources {
		if _, err := parser.ParseFile(fset, files[i], source, parser.SkipObjectResolution); err != nil {
			panic(err)
		}
	}
	middle := cpu()
	for i, source := range sources {
		if _, err := syntax.Parse(syntax.NewFileBase(files[i]), bytes.NewReader(source), nil, nil, syntax.CheckBranches); err != nil {
			panic(err)
		}
	}
	fmt.Fprintf(b, "%.3f %.3f\n", middle-start, cpu()-middle)
}
