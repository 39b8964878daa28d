// Encoding and decoding by reflection.
package main

import (
	"encoding/json"
	"fmt"
)

type item struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Tags  []string          `json:"tags"`
	Props map[string]string `json:"props"`
	Price float64           `json:"price"`
}

func main() {
	var items []item
	for i := range 300 {
		items = append(items, item{i, fmt.Sprint("item ", i), []string{"a", "b", "c"}, map[string]string{"k": "v", "n": fmt.Sprint(i)}, float64(i) / 3})
	}
	size := 0
	for range 5 {
		data, err := json.Marshal(items)
		if err != nil {
			panic(err)
		}
		var back []item
		if err := json.Unmarshal(data, &back); err != nil {
			panic(err)
		}
		items = back
		size += len(data)
	}
	fmt.Println(size, len(items))
}
