// Regular expressions over generated text.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	var text strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&text, "user%d@example%d.org wrote %d lines on 2024-%02d-%02d; ", i, i%97, i*7, i%12+1, i%28+1)
	}
	mail := regexp.MustCompile(`([a-z0-9]+)@([a-z0-9.]+)\.(org|net)`)
	date := regexp.MustCompile(`\d{4}-(0[1-9]|1[0-2])-\d\d`)
	found := mail.FindAllStringSubmatch(text.String(), -1)
	replaced := date.ReplaceAllString(text.String(), "<$1>")
	fmt.Println(len(found), len(replaced))
}
