module homelab-mail/tests/rig/fakes/pause

go 1.26.0
