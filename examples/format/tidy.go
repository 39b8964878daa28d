// Package format is for gofmt to look at: this file is as gofmt wants it.
package format

func tidy() int { return 1 }
