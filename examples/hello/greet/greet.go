// Package greet has the greeting.
package greet

import (
	"errors"
	"strings"
)

// Greet returns a greeting for name, which must not be empty.
func Greet(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", errors.New("nobody to greet")
	}
	return "Hello, " + name + "!", nil
}
