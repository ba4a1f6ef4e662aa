// Package dns takes the place of lego's package of that name, which knows some 180 DNS hosts, each with its own library:
// they are half of what Traefik is built from, and nothing here asks for certificates.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName knows no host.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("built without DNS providers: %s", name)
}
