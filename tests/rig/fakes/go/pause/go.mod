module homelab-mail/sandbox/pause

go 1.26.0
