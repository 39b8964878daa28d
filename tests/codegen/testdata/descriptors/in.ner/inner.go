// Package inner has what the package beside it embeds and refers to: its path is escaped in symbol names.
package inner

type hidden struct{ n int }

func (h *hidden) Set(n int)  { h.n = n }
func (h hidden) get() int    { return h.n }
func (h hidden) Get() int    { return h.get() }

type Open struct{ hidden }

type Closed interface{ closed() int }

func (Open) closed() int { return 1 }

type Pair[K comparable, V any] struct {
	Key K
	Val V
}

func (p Pair[K, V]) First() K        { return p.Key }
func (p *Pair[K, V]) Put(k K, v V)   { p.Key, p.Val = k, v }
func (p *Pair[K, V]) second() V      { return p.Val }

type Byte = byte
