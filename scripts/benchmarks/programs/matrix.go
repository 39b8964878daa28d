// Nested loops over slices of slices: bounds checks, addressing, loop-invariant loads.
package main

import "fmt"

func multiply(c, a, b [][]float64) {
	for i := range c {
		for j := range c[i] {
			sum := 0.0
			for k := range b {
				sum += a[i][k] * b[k][j]
			}
			c[i][j] = sum
		}
	}
}

func sieve(n int) int {
	composite := make([]bool, n)
	count := 0
	for i := 2; i < n; i++ {
		if !composite[i] {
			count++
			for j := i * i; j < n; j += i {
				composite[j] = true
			}
		}
	}
	return count
}

func main() {
	defer report()
	const n = 400
	matrix := func(seed int) [][]float64 {
		m := make([][]float64, n)
		for i := range m {
			m[i] = make([]float64, n)
			for j := range m[i] {
				m[i][j] = float64((i*seed+j)%10) / 10
			}
		}
		return m
	}
	a, b, c := matrix(3), matrix(7), matrix(1)
	for range 4 {
		multiply(c, a, b)
		a, c = c, a
	}
	primes := 0
	for range 5 {
		primes += sieve(4_000_000)
	}
	fmt.Printf("%.3f %d\n", a[17][23], primes)
}
