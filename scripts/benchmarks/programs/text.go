// Strings: building, splitting, replacing, comparing, converting, formatting.
package main

import (
	"fmt"
	"strings"
)

func main() {
	defer report()
	text := strings.Repeat("the quick brown fox jumps over the lazy dog; ", 2000)
	total := 0
	for i := range 300 {
		words := strings.Fields(text)
		var b strings.Builder
		for n, word := range words {
			if n%7 == i%7 {
				word = strings.ToUpper(word)
			}
			b.WriteString(word)
			b.WriteByte(' ')
		}
		changed := strings.ReplaceAll(b.String(), "fox", "wolf")
		total += len(changed) + strings.Count(changed, "LAZY")
		for _, r := range changed {
			total += int(r)
		}
		total += len([]rune(changed)) + strings.Index(changed, "nowhere")
		total += len(fmt.Sprintf("%d %s %v %x", i, changed[:40], words[:5], total))
	}
	fmt.Println(total)
}
