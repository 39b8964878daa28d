package main

import (
	"fmt"
	"os/user"
)

func main() {
	current, err := user.Current()
	fmt.Println(current, err)
	for _, name := range []string{"root", "nobody at all"} {
		u, err := user.Lookup(name)
		fmt.Println(u, err)
	}
	for _, id := range []string{"0", "1000", "77"} {
		u, err := user.LookupId(id)
		fmt.Println(u, err)
		g, err := user.LookupGroupId(id)
		fmt.Println(g, err)
	}
	for _, name := range []string{"user", "wheels", "long"} {
		g, err := user.LookupGroup(name)
		fmt.Println(g, err)
	}
	ada, err := user.Lookup("ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids, err := ada.GroupIds()
	fmt.Println(ids, err)
}
