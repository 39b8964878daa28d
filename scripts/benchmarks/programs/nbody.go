// Floating point: the planets' orbits.
package main

import (
	"fmt"
	"math"
)

type body struct{ x, y, z, vx, vy, vz, mass float64 }

func advance(bodies []body, dt float64) {
	for i := range bodies {
		a := &bodies[i]
		for j := i + 1; j < len(bodies); j++ {
			b := &bodies[j]
			dx, dy, dz := a.x-b.x, a.y-b.y, a.z-b.z
			d2 := dx*dx + dy*dy + dz*dz + 0.01
			mag := dt / (d2 * math.Sqrt(d2))
			a.vx -= dx * b.mass * mag
			a.vy -= dy * b.mass * mag
			a.vz -= dz * b.mass * mag
			b.vx += dx * a.mass * mag
			b.vy += dy * a.mass * mag
			b.vz += dz * a.mass * mag
		}
	}
	for i := range bodies {
		b := &bodies[i]
		b.x += dt * b.vx
		b.y += dt * b.vy
		b.z += dt * b.vz
	}
}

func main() {
	defer report()
	bodies := make([]body, 5)
	for i := range bodies {
		f := float64(i)
		bodies[i] = body{f * 3, f*f - 2, 1 - f, 0.1 * f, 0.2 - 0.05*f, 0.01 * f, 1 / (1 + f)}
	}
	for range 4_000_000 {
		advance(bodies, 0.001)
	}
	energy := 0.0
	for _, b := range bodies {
		energy += b.mass * (b.vx*b.vx + b.vy*b.vy + b.vz*b.vz)
	}
	fmt.Printf("%.6f\n", energy)
}
