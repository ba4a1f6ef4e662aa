// Package ext holds the places where builds of Traefik add fields to its configuration: none here.
package ext

// HTTP adds nothing to the HTTP part.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}

// RouterIng adds nothing to what the Ingress provider reads.
type RouterIng struct{}

// ToRouter is what a router gets of it.
func (RouterIng) ToRouter() Router { return Router{} }
