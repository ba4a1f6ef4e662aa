// Nothing is built from these: their CustomResourceDefinitions are read.
module homelab-mail/sandbox/crds

go 1.26.0

require (
	github.com/prometheus-operator/prometheus-operator v0.85.0
	github.com/traefik/traefik/v3 v3.7.13
	sigs.k8s.io/gateway-api v1.6.1
)
