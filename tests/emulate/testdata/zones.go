package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	t := time.Unix(1700000000, 0)
	fmt.Println(t)
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Mars/Olympus"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(t.In(loc))
	}
	entries, err := os.ReadDir("/usr/share/zoneinfo/Australia")
	fmt.Println(len(entries) > 20, err)
}
