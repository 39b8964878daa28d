package main

type small int8

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func collatz(n uint32) (steps int) {
	for n != 1 {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
		steps++
	}
	return
}

func shifts(x int32, n uint) (int32, int32, uint32) {
	return x << n, x >> n, uint32(x) >> n
}

func floats(x, y float64) float64 {
	return (x+y)*(x-y)/y + float64(int(x)) + float64(float32(x/3))
}

func wrap(a, b int8) (int8, uint8, int16) {
	return a + b, uint8(a) * uint8(b), int16(a) * int16(b)
}

func logic(a, b, c bool) bool {
	return a && (b || !c) || !a && b != c
}

const big = 1 << 40

func main() {
	println(gcd(1071, 462), collatz(27), big/gcd(48, 36))
	for n := uint(0); n < 40; n += 7 {
		a, b, c := shifts(-123456789, n)
		println(a, b, c)
	}
	println(floats(7.5, 2.25) == 16.25+7+0.25+2.5-0.25-2.5+floats(7.5, 2.25)-23.25)
	x, y, z := wrap(100, 100)
	println(x, y, z, -x, ^y, z&^3, z|5, z^0x55)
	for i := range 8 {
		print(logic(i&1 != 0, i&2 != 0, i&4 != 0), " ")
	}
	println()
	var s small = 127
	s++
	println(s, s/3, s%3, -7/2, -7%2, uint64(1<<63)/3)
	var u uint8 = 200
	println(u<<1, u>>1, int8(u), int32(int8(u)), uint16(u)*300)
	var f float32 = 1.5
	println(int(f*3), uint8(f), f < 2, f == 1.5, -f < 0)
	println(min(3, 1, 2), max(u, 7), min(2.5, 1.5) == 1.5)
	c := complex(1, 2)
	d := c*c + complex(0.5, 0)
	println(d == complex(-2.5, 4))
}
