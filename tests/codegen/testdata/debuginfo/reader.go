// Prints what debug information says of the functions of package main: parameters, results and variables with their types, and whether they
// are somewhere, with a brace for each block around them; and of calls that are inlined there.
package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"strings"
)

func main() {
	file, err := elf.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	data, err := file.DWARF()
	if err != nil {
		panic(err)
	}
	reader := data.Reader()
	function, inside, main := "", "", false
	var code [][2]uint64
	var around []dwarf.Tag
	for {
		entry, err := reader.Next()
		if err != nil {
			panic(err)
		}
		if entry == nil {
			return
		}
		if entry.Tag == 0 {
			around = around[:len(around)-1]
			continue
		}
		blocks := 0
		for _, tag := range around {
			if tag == dwarf.TagLexDwarfBlock {
				blocks++
			}
		}
		if entry.Children {
			around = append(around, entry.Tag)
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		if offset, ok := entry.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok {
			name = named(data, offset)
		}
		switch entry.Tag {
		case dwarf.TagSubprogram:
			function = name
			main = strings.HasPrefix(name, "main.") && entry.Val(dwarf.AttrInline) == nil
			inside = ""
			if ranges, err := data.Ranges(entry); main && err == nil {
				code = ranges
			}
			if main && entry.Val(dwarf.AttrAbstractOrigin) == nil {
				fmt.Println("func", function, entry.Val(dwarf.AttrDeclLine))
			}
		case dwarf.TagInlinedSubroutine, dwarf.TagLexDwarfBlock:
			ranges, err := data.Ranges(entry)
			if err != nil {
				panic(err)
			}
			for _, one := range ranges {
				if main && (one[0] >= one[1] || one[0] < code[0][0] || one[1] > code[0][1]) {
					panic("code outside of the function")
				}
			}
			if entry.Tag == dwarf.TagLexDwarfBlock {
				continue
			}
			inside = " in " + name
			if main {
				fmt.Println("call", function, name, entry.Val(dwarf.AttrCallLine), len(ranges) > 0)
			}
		case dwarf.TagFormalParameter, dwarf.TagVariable:
			if !main || name == "" {
				continue
			}
			offset, ok := entry.Val(dwarf.AttrType).(dwarf.Offset)
			if !ok {
				continue // stock's entry, whose abstract one has all that is of interest
			}
			typ, err := data.Type(offset)
			if err != nil {
				panic(err)
			}
			location, _ := entry.Val(dwarf.AttrLocation).([]byte)
			_, listed := entry.Val(dwarf.AttrLocation).(int64)
			result, _ := entry.Val(dwarf.AttrVarParam).(bool)
			what := "var"
			if result {
				what = "result"
			} else if entry.Tag == dwarf.TagFormalParameter {
				what = "param"
			}
			fmt.Println(what+strings.Repeat("{", blocks), function+inside, name, typ, entry.Val(dwarf.AttrDeclLine), listed || len(location) > 0)
		}
	}
}

// The name of the function or variable that an entry is an instance of.
func named(data *dwarf.Data, offset dwarf.Offset) string {
	reader := data.Reader()
	reader.Seek(offset)
	entry, err := reader.Next()
	if err != nil {
		panic(err)
	}
	return entry.Val(dwarf.AttrName).(string)
}
