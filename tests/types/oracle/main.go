// SPDX-License-Identifier: BSD-3-Clause

// Command oracle type-checks packages with stock Go's go/types and prints every fact that it finds out about them: the
// oracle for pygo_cross/types.
//
// Its input is one JSON object a package, dependencies first (see Package); its output one section a package whose `dump` is
// set. A section's lines have their fields separated by tabs and begin with a letter:
//
//	P id                                    the package
//	X message                               an error
//	F name version                          a file; files are numbered from 0
//	T string                                a type; types are numbered from 0, in the order in which facts need them
//	O kind package name place type          an object; objects are numbered from 0; place is file:offset, type -1 for none
//	e file start end mode type value        an expression; value for constants only
//	d file start object                     a defining identifier; object -1 where it has none
//	u file start object                     a used identifier
//	i file start end object                 what a node declares implicitly
//	s file start end kind object indirect path receiver type
//	n file start type arguments             an instantiation; the arguments with commas
//	c file start end parent names           a scope: its parent's file:start:end, `package` or `universe`; its names with spaces;
//	                                        start and end are 0 for that of a file
//	l file start size alignment offsets     how values of a defined type or alias are laid out; offsets of a struct's fields with commas
//	m file start star methods               its method set (with `*`: that of a pointer to it): path, `*` if indirect, and text; with semicolons
//	o objects file start end                an initialiser, in the order of initialisation; objects with commas
//
// A T or O line stands before the first line that needs it. Offsets are bytes from the beginning of the file.
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
	"sort"
	"strconv"
	"strings"
)

// Package is what the program is told of a package.
type Package struct {
	ID        string            // what imports refer to
	Path      string            // its path, for go/types
	Dir       string            // where Files are
	Files     []string          //
	ImportMap map[string]string // path in an import declaration to ID, where they differ
	GoVersion string            // language version, or empty
	Dump      bool              // print its facts; otherwise the bodies of its functions are skipped
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
	if p := i.packages[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("package %s is not known", path)
}

// dumper prints the facts of one package.
type dumper struct {
	out     *bufio.Writer
	fset    *token.FileSet
	info    *types.Info
	types   map[types.Type]int
	strings map[string]int
	objects map[types.Object]int
	scopes  map[*types.Scope]string
	index   map[*token.File]int
	sizes   types.Sizes
}

func (d *dumper) typ(t types.Type) string {
	if t == nil {
		return "-1"
	}
	n, ok := d.types[t]
	if !ok {
		s := types.TypeString(t, nil)
		if n, ok = d.strings[s]; !ok {
			n = len(d.strings)
			d.strings[s] = n
			fmt.Fprintf(d.out, "T\t%s\n", s)
		}
		d.types[t] = n
	}
	return strconv.Itoa(n)
}

func (d *dumper) object(obj types.Object) string {
	if obj == nil {
		return "-1"
	}
	n, ok := d.objects[obj]
	if !ok {
		kind := strings.TrimPrefix(fmt.Sprintf("%T", obj), "*types.")
		if v, isVar := obj.(*types.Var); isVar {
			if v.IsField() {
				kind = "Field"
			}
			if v.Embedded() {
				kind = "Embedded"
			}
		}
		if tn, isType := obj.(*types.TypeName); isType && tn.IsAlias() {
			kind = "Alias"
		}
		pkg := ""
		if obj.Pkg() != nil {
			pkg = obj.Pkg().Path()
		}
		name := obj.Name()
		if p, isPkg := obj.(*types.PkgName); isPkg {
			name += "=" + p.Imported().Path()
		}
		place := ""
		if file := d.fset.File(obj.Pos()); file != nil {
			place = fmt.Sprintf("%s:%d", filepath.Base(file.Name()), int(obj.Pos())-file.Base())
		}
		typ := d.typ(obj.Type())
		if c, isConst := obj.(*types.Const); isConst {
			name += "=" + c.Val().ExactString()
		}
		n = len(d.objects)
		d.objects[obj] = n
		fmt.Fprintf(d.out, "O\t%s\t%s\t%s\t%s\t%s\n", kind, pkg, name, place, typ)
	}
	return strconv.Itoa(n)
}

// hasSize reports whether nothing that a value of the type holds is of a type parameter's type.
func hasSize(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam, *types.Union:
		return false
	case *types.Array:
		return hasSize(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if !hasSize(f.Type()) {
				return false
			}
		}
	case *types.Named:
		return (t.TypeParams().Len() == 0 || t.TypeArgs().Len() > 0) && hasSize(t.Underlying())
	}
	return true
}

// typeFacts prints the layout and the method sets of a declared type.
func (d *dumper) typeFacts(file, start int, t types.Type) {
	if alias, ok := t.(*types.Alias); ok && alias.TypeParams().Len() > 0 {
		return
	}
	if hasSize(t) {
		var offsets []string
		if s, ok := t.Underlying().(*types.Struct); ok {
			var fields []*types.Var
			for f := range s.Fields() {
				fields = append(fields, f)
			}
			for _, offset := range d.sizes.Offsetsof(fields) {
				offsets = append(offsets, strconv.FormatInt(offset, 10))
			}
		}
		fmt.Fprintf(d.out, "l\t%d\t%d\t%d\t%d\t%s\n", file, start, d.sizes.Sizeof(t), d.sizes.Alignof(t), strings.Join(offsets, ","))
	}
	for _, star := range []string{"", "*"} {
		if star != "" {
			t = types.NewPointer(t)
		}
		var methods []string
		for s := range types.NewMethodSet(t).Methods() {
			var path []string
			for _, i := range s.Index() {
				path = append(path, strconv.Itoa(i))
			}
			indirect := ""
			if s.Indirect() {
				indirect = "*"
			}
			methods = append(methods, fmt.Sprintf("%s%s %s", strings.Join(path, ","), indirect, s))
		}
		fmt.Fprintf(d.out, "m\t%d\t%d\t%s\t%s\n", file, start, star, strings.Join(methods, "; "))
	}
}

func mode(tv types.TypeAndValue) string {
	switch {
	case tv.IsVoid():
		return "void"
	case tv.IsType():
		return "type"
	case tv.IsBuiltin():
		return "builtin"
	case tv.Value != nil:
		return "const"
	case tv.Addressable():
		return "variable"
	case tv.Assignable():
		return "mapindex"
	case tv.HasOk():
		return "commaok"
	case tv.IsNil():
		return "nil"
	}
	return "value"
}

func (d *dumper) place(file *token.File, node ast.Node) string {
	return fmt.Sprintf("%d\t%d\t%d", d.index[file], int(node.Pos())-file.Base(), int(node.End())-file.Base())
}

func (d *dumper) file(syntax *ast.File) {
	file := d.fset.File(syntax.Package)
	f := d.index[file]
	base := file.Base()
	ast.Inspect(syntax, func(node ast.Node) bool {
		if node == nil {
			return false
		}
		if _, ok := node.(*ast.CommentGroup); ok {
			return false
		}
		if expr, ok := node.(ast.Expr); ok {
			if tv, ok := d.info.Types[expr]; ok {
				typ, value := d.typ(tv.Type), ""
				if tv.Value != nil {
					value = tv.Value.ExactString()
				}
				fmt.Fprintf(d.out, "e\t%d\t%d\t%d\t%s\t%s\t%s\n", f, int(expr.Pos())-base, int(expr.End())-base, mode(tv), typ, value)
			}
		}
		if id, ok := node.(*ast.Ident); ok {
			start := int(id.Pos()) - base
			if obj, ok := d.info.Defs[id]; ok {
				n := d.object(obj)
				fmt.Fprintf(d.out, "d\t%d\t%d\t%s\n", f, start, n)
				if name, ok := obj.(*types.TypeName); ok {
					d.typeFacts(f, start, name.Type())
				}
			}
			if obj, ok := d.info.Uses[id]; ok {
				n := d.object(obj)
				fmt.Fprintf(d.out, "u\t%d\t%d\t%s\n", f, start, n)
			}
			if inst, ok := d.info.Instances[id]; ok {
				var arguments []string
				for i := range inst.TypeArgs.Len() {
					arguments = append(arguments, d.typ(inst.TypeArgs.At(i)))
				}
				typ := d.typ(inst.Type)
				fmt.Fprintf(d.out, "n\t%d\t%d\t%s\t%s\n", f, start, typ, strings.Join(arguments, ","))
			}
		}
		if sel, ok := node.(*ast.SelectorExpr); ok {
			if s, ok := d.info.Selections[sel]; ok {
				var path []string
				for _, i := range s.Index() {
					path = append(path, strconv.Itoa(i))
				}
				kind := [...]string{"field", "method", "expression"}[s.Kind()]
				obj, receiver, typ := d.object(s.Obj()), d.typ(s.Recv()), d.typ(s.Type())
				fmt.Fprintf(d.out, "s\t%s\t%s\t%s\t%v\t%s\t%s\t%s\n",
					d.place(file, sel), kind, obj, s.Indirect(), strings.Join(path, ","), receiver, typ)
			}
		}
		if obj, ok := d.info.Implicits[node]; ok {
			n := d.object(obj)
			fmt.Fprintf(d.out, "i\t%s\t%s\n", d.place(file, node), n)
		}
		if scope, ok := d.info.Scopes[node]; ok {
			d.scope(file, node, scope)
		}
		return true
	})
}

func (d *dumper) scope(file *token.File, node ast.Node, scope *types.Scope) {
	place := d.place(file, node)
	if _, ok := node.(*ast.File); ok {
		place = fmt.Sprintf("%d\t0\t0", d.index[file])
	}
	d.scopes[scope] = strings.ReplaceAll(place, "\t", ":")
	parent := d.scopes[scope.Parent()]
	fmt.Fprintf(d.out, "c\t%s\t%s\t%s\n", place, parent, strings.Join(scope.Names(), " "))
}

func (d *dumper) dump(pkg *types.Package, files []*ast.File) {
	d.scopes = map[*types.Scope]string{types.Universe: "universe", pkg.Scope(): "package"}
	d.index = map[*token.File]int{}
	for i, syntax := range files {
		file := d.fset.File(syntax.Package)
		d.index[file] = i
		fmt.Fprintf(d.out, "F\t%s\t%s\n", filepath.Base(file.Name()), d.info.FileVersions[syntax])
	}
	for _, syntax := range files {
		d.file(syntax)
	}
	for _, initializer := range d.info.InitOrder {
		var objects []string
		for _, v := range initializer.Lhs {
			objects = append(objects, d.object(v))
		}
		file := d.fset.File(initializer.Rhs.Pos())
		fmt.Fprintf(d.out, "o\t%s\t%s\n", strings.Join(objects, ","), d.place(file, initializer.Rhs))
	}
}

func run(in io.Reader, out *bufio.Writer, arch string) error {
	decoder := json.NewDecoder(in)
	packages := map[string]*types.Package{}
	fset := token.NewFileSet()
	for {
		var p Package
		if err := decoder.Decode(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var failures []string
		sort.Strings(p.Files)
		var files []*ast.File
		for _, name := range p.Files {
			if !filepath.IsAbs(name) {
				name = filepath.Join(p.Dir, name)
			}
			syntax, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				failures = append(failures, err.Error())
			}
			if syntax != nil {
				files = append(files, syntax)
			}
		}
		info := &types.Info{}
		if p.Dump {
			info = &types.Info{
				Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{},
				Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{},
				Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
				FileVersions: map[*ast.File]string{},
			}
		}
		config := types.Config{
			Importer: &importer{packages, p.ImportMap}, Sizes: types.SizesFor("gc", arch), GoVersion: p.GoVersion,
			IgnoreFuncBodies: !p.Dump, Error: func(err error) { failures = append(failures, err.Error()) },
		}
		pkg, _ := config.Check(p.Path, fset, files, info)
		packages[p.ID] = pkg
		if p.Dump {
			fmt.Fprintf(out, "P\t%s\n", p.ID)
			for _, failure := range failures {
				fmt.Fprintf(out, "X\t%s\n", strings.ReplaceAll(failure, "\n", " "))
			}
			d := &dumper{
				out: out, fset: fset, info: info, sizes: config.Sizes, types: map[types.Type]int{}, strings: map[string]int{}, objects: map[types.Object]int{},
			}
			d.dump(pkg, files)
		} else if len(failures) > 0 {
			fmt.Fprintf(os.Stderr, "%s: %s\n", p.ID, failures[0])
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: oracle GOARCH <packages.json")
		os.Exit(2)
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	err := run(bufio.NewReader(os.Stdin), out, os.Args[1])
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
