// regexp: the backtracker, the one-pass matcher and the automaton.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	defer report()
	text := strings.Repeat("john.doe@example.com called +49 170 1234567 on 2024-05-17 at 12:34; nothing here. ", 400)
	total := 0
	for _, pattern := range []string{`[a-z]+\.[a-z]+@[a-z]+\.com`, `\+?\d+( \d+)+`, `(\d{4})-(\d\d)-(\d\d)`, `(a|b|c|d)+e`, `^.*nothing.*$`} {
		re := regexp.MustCompile(pattern)
		for range 25 {
			total += len(re.FindAllStringSubmatchIndex(text, -1)) + len(re.ReplaceAllString(text, "<$0>"))
		}
	}
	fmt.Println(total)
}
