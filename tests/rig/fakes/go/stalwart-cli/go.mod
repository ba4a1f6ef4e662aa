module homelab-mail/sandbox/cli

go 1.26.0
