//go:build tools

// Pins the versions and checksums of what kube-router is built from.
package tools

import _ "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
