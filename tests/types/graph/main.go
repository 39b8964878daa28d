// SPDX-License-Identifier: BSD-3-Clause

// Dumps the types and objects of packages as stock's go/types has them, as a graph in JSON, with what stock answers about them:
// how they are written, their sizes, method sets, what implements what, and what instances expand to.
//
//	graph [-every N] PACKAGE...
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"os"
	"sort"
)

type graph struct {
	Packages [][]any `json:"packages"` // path, name, imports
	Types    [][]any `json:"types"`
	Objects  [][]any `json:"objects"` // kind, package, name, type, and what else the kind has
	Scopes   [][]int `json:"scopes"`  // of each package: its objects

	TypeStrings   []string `json:"typeStrings"`
	ObjectStrings []string `json:"objectStrings"`
	Under         []string `json:"under"`    // of each type, how its underlying type is written
	Sizes         [][]any  `json:"sizes"`    // type, size, alignment, offsets
	Methods       [][]any  `json:"methods"`  // type, whether a pointer to it is meant, selections: text, path, indirect
	Lookups       [][]any  `json:"lookups"`  // type, addressable, package, name, object's text, path, indirect
	Missing       [][]any  `json:"missing"`  // type, whether a pointer to it is meant, interface, static, missing method's name, wrong type
	Satisfies     [][]any  `json:"satisfies"` // type, interface, whether it does
	Equal         [][]int  `json:"equal"`    // types that are identical
	Comparable    []int    `json:"comparable"`
}

var every = flag.Int("every", 64, "how many of the questions with a likely answer stand for one that is asked")

var (
	g        graph
	packages = map[*types.Package]int{}
	typs     = map[types.Type]int{}
	objects  = map[types.Object]int{}
	list     []types.Type
	objList  []types.Object
)

func pkg(p *types.Package) int {
	if p == nil {
		return -1
	}
	if i, ok := packages[p]; ok {
		return i
	}
	i := len(g.Packages)
	packages[p] = i
	g.Packages = append(g.Packages, nil)
	g.Scopes = append(g.Scopes, []int{})
	imports := []int{}
	for _, q := range p.Imports() {
		imports = append(imports, pkg(q))
	}
	g.Packages[i] = []any{p.Path(), p.Name(), imports}
	return i
}

func object(o types.Object) int {
	if o == nil {
		return -1
	}
	if i, ok := objects[o]; ok {
		return i
	}
	i := len(g.Objects)
	objects[o] = i
	g.Objects = append(g.Objects, nil)
	objList = append(objList, o)
	row := []any{"", pkg(o.Pkg()), o.Name(), typ(o.Type())}
	switch o := o.(type) {
	case *types.Const:
		row[0] = "const"
	case *types.TypeName:
		row[0] = "type"
	case *types.Var:
		row[0] = "var"
		row = append(row, int(o.Kind()), o.Embedded())
	case *types.Func:
		row[0] = "func"
	default:
		panic(o)
	}
	g.Objects[i] = row
	return i
}

func vars(t *types.Tuple) []int {
	out := []int{}
	for v := range t.Variables() {
		out = append(out, object(v))
	}
	return out
}

func tparams(l *types.TypeParamList) []int {
	out := []int{}
	for t := range l.TypeParams() {
		out = append(out, typ(t))
	}
	return out
}

func targs(l *types.TypeList) []int {
	out := []int{}
	for t := range l.Types() {
		out = append(out, typ(t))
	}
	return out
}

func typ(t types.Type) int {
	if t == nil {
		return -1
	}
	if i, ok := typs[t]; ok {
		return i
	}
	i := len(g.Types)
	typs[t] = i
	g.Types = append(g.Types, nil)
	list = append(list, t)
	var row []any
	switch t := t.(type) {
	case *types.Basic:
		row = []any{"basic", t.Name()}
	case *types.Array:
		row = []any{"array", typ(t.Elem()), t.Len()}
	case *types.Slice:
		row = []any{"slice", typ(t.Elem())}
	case *types.Pointer:
		row = []any{"pointer", typ(t.Elem())}
	case *types.Map:
		row = []any{"map", typ(t.Key()), typ(t.Elem())}
	case *types.Chan:
		row = []any{"chan", int(t.Dir()), typ(t.Elem())}
	case *types.Struct:
		fields, tags := []int{}, []string{}
		for i := range t.NumFields() {
			fields = append(fields, object(t.Field(i)))
			tags = append(tags, t.Tag(i))
		}
		row = []any{"struct", fields, tags}
	case *types.Tuple:
		row = []any{"tuple", vars(t)}
	case *types.Signature:
		recv := -1
		if t.Recv() != nil {
			recv = object(t.Recv())
		}
		row = []any{"func", recv, tparams(t.TypeParams()), tparams(t.RecvTypeParams()), vars(t.Params()), vars(t.Results()), t.Variadic()}
	case *types.Interface:
		methods, embedded := []int{}, []int{}
		for m := range t.ExplicitMethods() {
			methods = append(methods, object(m))
		}
		for e := range t.EmbeddedTypes() {
			embedded = append(embedded, typ(e))
		}
		row = []any{"interface", methods, embedded, t.IsImplicit()}
	case *types.Union:
		terms := []any{}
		for x := range t.Terms() {
			terms = append(terms, []any{x.Tilde(), typ(x.Type())})
		}
		row = []any{"union", terms}
	case *types.Named:
		if t.Origin() != t {
			row = []any{"instance", typ(t.Origin()), targs(t.TypeArgs())}
			break
		}
		methods := []int{}
		for m := range t.Methods() {
			methods = append(methods, object(m))
		}
		row = []any{"named", object(t.Obj()), tparams(t.TypeParams()), typ(t.Underlying()), methods}
	case *types.Alias:
		if t.Origin() != t {
			row = []any{"aliasInstance", typ(t.Origin()), targs(t.TypeArgs())}
			break
		}
		row = []any{"alias", object(t.Obj()), tparams(t.TypeParams()), typ(t.Rhs())}
	case *types.TypeParam:
		row = []any{"param", object(t.Obj()), t.Index(), typ(t.Constraint())}
	default:
		panic(t)
	}
	g.Types[i] = row
	return i
}

// concrete reports whether a type has a size: no type parameter in what it holds.
func concrete(t types.Type, depth int) bool {
	if depth > 20 {
		return false
	}
	switch t := t.(type) {
	case *types.TypeParam, *types.Union, *types.Tuple:
		return false
	case *types.Array:
		return concrete(t.Elem(), depth+1)
	case *types.Struct:
		for f := range t.Fields() {
			if !concrete(f.Type(), depth+1) {
				return false
			}
		}
		return true
	case *types.Named:
		return (t.TypeParams().Len() == 0 || t.TypeArgs().Len() > 0) && concrete(t.Underlying(), depth+1)
	case *types.Alias:
		return (t.TypeParams().Len() == 0 || t.TypeArgs().Len() > 0) && concrete(t.Rhs(), depth+1)
	case *types.Basic:
		return t.Info()&types.IsUntyped == 0
	}
	return true
}

func facts() {
	sizes := types.SizesFor("gc", "amd64")
	var named []*types.Named
	var interfaces []*types.Interface
	byString := map[string][]int{}
	for i, t := range list {
		text := types.TypeString(t, nil)
		g.TypeStrings = append(g.TypeStrings, text)
		g.Under = append(g.Under, types.TypeString(t.Underlying(), nil))
		if concrete(t, 0) {
			offsets := []int64{}
			if s, ok := t.Underlying().(*types.Struct); ok {
				fields := []*types.Var{}
				for f := range s.Fields() {
					fields = append(fields, f)
				}
				offsets = sizes.Offsetsof(fields)
			}
			g.Sizes = append(g.Sizes, []any{i, sizes.Sizeof(t), sizes.Alignof(t), offsets})
		}
		if _, ok := t.(*types.Tuple); !ok && types.Comparable(t) {
			g.Comparable = append(g.Comparable, i)
		}
		if n, ok := t.(*types.Named); ok {
			named = append(named, n)
		}
		if n, ok := t.(*types.Interface); ok {
			interfaces = append(interfaces, n)
		}
		byString[text] = append(byString[text], i)
	}
	for _, o := range objList {
		g.ObjectStrings = append(g.ObjectStrings, types.ObjectString(o, nil))
	}
	// Types that are written alike are often identical, and where they are not it is worth a look.
	var texts []string
	for text, same := range byString {
		if len(same) > 1 {
			texts = append(texts, text)
		}
	}
	sort.Strings(texts)
	for _, text := range texts {
		same := byString[text]
		row := []int{same[0]}
		for _, j := range same[1:] {
			if types.Identical(list[same[0]], list[j]) {
				row = append(row, j)
			} else {
				row = append(row, -1-j)
			}
		}
		g.Equal = append(g.Equal, row)
	}
	for _, n := range named {
		for _, pointer := range []bool{false, true} {
			var t types.Type = n
			if pointer {
				t = types.NewPointer(n)
			}
			set := types.NewMethodSet(t)
			rows := []any{}
			for s := range set.Methods() {
				rows = append(rows, []any{s.String(), s.Index(), s.Indirect()})
			}
			if len(rows) > 0 {
				g.Methods = append(g.Methods, []any{typs[n], pointer, rows})
			}
			for _, it := range interfaces {
				if it.NumMethods() == 0 {
					continue
				}
				for _, static := range []bool{false, true} {
					m, wrong := types.MissingMethod(t, it, static)
					name := ""
					if m != nil {
						name = m.Name()
						// Most types lack most methods: a few of those are enough.
						if !wrong && !types.IsInterface(t) && (typs[n]*7+typs[it])%*every != 0 {
							continue
						}
					}
					g.Missing = append(g.Missing, []any{typs[n], pointer, typs[it], static, name, wrong})
				}
			}
		}
		lookups(n)
	}
	for i, t := range list {
		if _, ok := t.(*types.Tuple); ok {
			continue
		}
		for _, it := range interfaces {
			if (i*7+typs[it])%*every != 0 {
				continue
			}
			g.Satisfies = append(g.Satisfies, []any{i, typs[it], types.Satisfies(t, it)})
		}
	}
}

func lookups(n *types.Named) {
	p := n.Obj().Pkg()
	names := map[string]bool{}
	s, _ := n.Underlying().(*types.Struct)
	if s == nil {
		return
	}
	for f := range s.Fields() {
		names[f.Name()] = true
		if !f.Embedded() {
			continue
		}
		t := f.Type()
		if q, ok := t.Underlying().(*types.Pointer); ok {
			t = q.Elem()
		}
		if inner, ok := t.Underlying().(*types.Struct); ok {
			for f := range inner.Fields() {
				names[f.Name()] = true
			}
		}
		if m, ok := t.(*types.Named); ok {
			for f := range m.Methods() {
				names[f.Name()] = true
			}
		}
	}
	sorted := []string{}
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	for _, name := range sorted {
		for _, addressable := range []bool{false, true} {
			o, path, indirect := types.LookupFieldOrMethod(n, addressable, p, name)
			text := ""
			if o != nil {
				text = types.ObjectString(o, nil)
			}
			if path == nil {
				path = []int{}
			}
			g.Lookups = append(g.Lookups, []any{typs[n], addressable, pkg(p), name, text, path, indirect})
		}
	}
}

func main() {
	build.Default.CgoEnabled = false
	imp := importer.ForCompiler(token.NewFileSet(), "source", nil)
	flag.Parse()
	for _, path := range flag.Args() {
		p, err := imp.Import(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		pkg(p)
	}
	// The table of packages grows while their imports are entered.
	for _, p := range all() {
		if p == types.Unsafe {
			continue // both sides have it from the start
		}
		for _, name := range p.Scope().Names() {
			g.Scopes[pkg(p)] = append(g.Scopes[pkg(p)], object(p.Scope().Lookup(name)))
		}
	}
	facts()
	w := bufio.NewWriter(os.Stdout)
	if err := json.NewEncoder(w).Encode(g); err != nil {
		panic(err)
	}
	w.Flush()
}

func all() []*types.Package {
	out := make([]*types.Package, len(packages))
	for p, i := range packages {
		out[i] = p
	}
	return out
}
