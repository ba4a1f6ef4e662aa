module homelab-mail/tests/rig/fakes/stalwart-cli

go 1.26.0
