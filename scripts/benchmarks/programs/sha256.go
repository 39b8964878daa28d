// SHA-256 in plain Go: rotations, additions, a schedule in an array.
package main

import "fmt"

var k = func() (k [64]uint32) {
	primes, n := 0, uint64(2)
	for ; primes < 64; n++ {
		prime := true
		for d := uint64(2); d*d <= n; d++ {
			if n%d == 0 {
				prime = false
			}
		}
		if prime {
			low, high := uint64(0), uint64(1)<<36
			for low+1 < high {
				// The cube root of n, with 32 bits behind the point.
				mid := (low + high) / 2
				a := mid >> 8
				if a*a>>12*a>>36 >= n {
					high = mid
				} else {
					low = mid
				}
			}
			k[primes] = uint32(low)
			primes++
		}
	}
	return k
}()

func block(h *[8]uint32, p []byte) {
	var w [64]uint32
	for len(p) >= 64 {
		for i := range 16 {
			j := i * 4
			w[i] = uint32(p[j])<<24 | uint32(p[j+1])<<16 | uint32(p[j+2])<<8 | uint32(p[j+3])
		}
		for i := 16; i < 64; i++ {
			v1, v2 := w[i-2], w[i-15]
			t1 := (v1>>17 | v1<<15) ^ (v1>>19 | v1<<13) ^ v1>>10
			t2 := (v2>>7 | v2<<25) ^ (v2>>18 | v2<<14) ^ v2>>3
			w[i] = t1 + w[i-7] + t2 + w[i-16]
		}
		a, b, c, d, e, f, g, hh := h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
		for i := range 64 {
			t1 := hh + ((e>>6 | e<<26) ^ (e>>11 | e<<21) ^ (e>>25 | e<<7)) + (e&f ^ ^e&g) + k[i] + w[i]
			t2 := ((a>>2 | a<<30) ^ (a>>13 | a<<19) ^ (a>>22 | a<<10)) + (a&b ^ a&c ^ b&c)
			hh, g, f, e, d, c, b, a = g, f, e, d+t1, c, b, a, t1+t2
		}
		h[0] += a
		h[1] += b
		h[2] += c
		h[3] += d
		h[4] += e
		h[5] += f
		h[6] += g
		h[7] += hh
		p = p[64:]
	}
}

func main() {
	defer report()
	h := [8]uint32{1, 2, 3, 4, 5, 6, 7, 8}
	data := make([]byte, 1<<16)
	for i := range data {
		data[i] = byte(i * 7)
	}
	for range 1500 {
		block(&h, data)
	}
	fmt.Println(h)
}
