// encoding/json: reflection, interfaces, maps, much small memory.
package main

import (
	"encoding/json"
	"fmt"
)

type item struct {
	Name  string            `json:"name"`
	Price float64           `json:"price"`
	Tags  []string          `json:"tags"`
	Extra map[string]any    `json:"extra"`
	Sub   *item             `json:"sub,omitempty"`
	Attrs map[string]string `json:"attrs"`
}

func main() {
	defer report()
	var items []item
	for i := range 300 {
		items = append(items, item{
			Name: fmt.Sprint("item", i), Price: float64(i) * 1.25, Tags: []string{"a", "b", "c"},
			Extra: map[string]any{"n": i, "s": "text", "l": []int{1, 2, 3}}, Attrs: map[string]string{"k": "v"},
			Sub: &item{Name: "inner"},
		})
	}
	total := 0
	for range 250 {
		data, err := json.Marshal(items)
		if err != nil {
			panic(err)
		}
		var back []item
		if err := json.Unmarshal(data, &back); err != nil {
			panic(err)
		}
		total += len(data) + len(back)
	}
	fmt.Println(total)
}
