// Hello greets, and says what it was built for.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"example.com/hello/greet"
)

// version is set by the linker, from toolchain.yaml.
var version = "none"

func main() {
	name := flag.String("name", "world", "whom to greet")
	show := flag.Bool("version", false, "print the version and stop")
	flag.Parse()
	if *show {
		fmt.Printf("hello %s %s/%s\n", version, runtime.GOOS, runtime.GOARCH)
		return
	}
	line, err := greet.Greet(*name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
	fmt.Println(line)
}
