// Complex arithmetic by hand, and bits put together.
package main

import "fmt"

func main() {
	defer report()
	const n = 2600
	sum := 0
	for y := range n {
		bits := byte(0)
		for x := range n {
			cr, ci := 2*float64(x)/n-1.5, 2*float64(y)/n-1
			var zr, zi, tr, ti float64
			i := 0
			for ; i < 50 && tr+ti <= 4; i++ {
				zi = 2*zr*zi + ci
				zr = tr - ti + cr
				tr, ti = zr*zr, zi*zi
			}
			bits <<= 1
			if tr+ti <= 4 {
				bits |= 1
			}
			if x%8 == 7 {
				sum = sum*31 + int(bits)
				bits = 0
			}
		}
	}
	fmt.Println(sum)
}
