// Goroutines, channels, maps and a collector that runs all the while.
package main

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"runtime"
	"sort"
	"strings"
	"sync"
)

type node struct {
	left, right *node
	text        string
}

func build(depth int, path string) *node {
	if depth == 0 {
		return &node{text: path}
	}
	return &node{build(depth-1, path+"l"), build(depth-1, path+"r"), path}
}

func (n *node) sum(into map[byte]int) {
	if n == nil {
		return
	}
	for i := range len(n.text) {
		into[n.text[i]]++
	}
	n.left.sum(into)
	n.right.sum(into)
}

func main() {
	runtime.GOMAXPROCS(4)
	results := make(chan string)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			counts := map[byte]int{}
			for range 3 {
				build(8, "").sum(counts)
				runtime.Gosched()
			}
			runtime.GC()
			digest := sha256.Sum256([]byte(strings.Repeat(fmt.Sprint(counts), 100)))
			results <- fmt.Sprintf("%d %x", worker, digest[:4])
		}()
	}
	go func() { group.Wait(); close(results) }()
	var all []string
	for line := range results {
		all = append(all, line)
	}
	sort.Strings(all)
	fmt.Println(strings.Join(all, "\n"))
	product := big.NewInt(1)
	for i := int64(1); i <= 200; i++ {
		product.Mul(product, big.NewInt(i))
	}
	fmt.Println(product)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println(stats.NumGC > 0, runtime.NumGoroutine())
}
