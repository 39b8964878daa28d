package main

import (
	"fmt"
	"syscall"
)

func main() {
	n, err := syscall.Getfsstat(nil, 2)
	fmt.Println(n, err)
	all := make([]syscall.Statfs_t, n+1)
	n, err = syscall.Getfsstat(all, 2)
	var root syscall.Statfs_t
	fmt.Println(n, err, syscall.Statfs("/", &root), all[0] == root, root.Bsize, all[1] == syscall.Statfs_t{})
}
