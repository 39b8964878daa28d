// Prints what debug information says of the functions of package main: parameters, results and variables with their types, and whether they
// are somewhere.
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
	function, main := "", false
	for {
		entry, err := reader.Next()
		if err != nil {
			panic(err)
		}
		if entry == nil {
			return
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		switch entry.Tag {
		case dwarf.TagSubprogram:
			function = name
			main = strings.HasPrefix(name, "main.")
			if main {
				fmt.Println("func", function, entry.Val(dwarf.AttrDeclLine))
			}
		case dwarf.TagFormalParameter, dwarf.TagVariable:
			if !main || name == "" {
				continue
			}
			typ, err := data.Type(entry.Val(dwarf.AttrType).(dwarf.Offset))
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
			fmt.Println(what, function, name, typ, entry.Val(dwarf.AttrDeclLine), listed || len(location) > 0)
		}
	}
}
