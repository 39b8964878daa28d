package format

// This file is not: gofmt -l names it.
func  untidy( )int{ return tidy( )+1 }
