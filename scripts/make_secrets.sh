#!/usr/bin/env bash
# Writes what docker-compose.yml reads from ./secrets: a key, two passwords, and the addresses that
# hold them. What is there already stays as it is, so that running it again loses nothing.
# Containers read the files as accounts of their own; the folder keeps everybody else out.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
mkdir -p secrets
chmod 700 secrets

random() { python3 -c "import secrets; print(secrets.token_urlsafe($1))"; }
write() {  # write NAME TEXT: unless it is there
    [ -e "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"
    chmod 444 "secrets/$1"
}

write secret_key "$(random 60)"
# Earlier keys, with commas between them: links that they signed stay good.
write secret_key_fallbacks ""
write postgres_password "$(random 24)"
write database_url "postgres://mint:$(cat secrets/postgres_password)@postgres:5432/mint"
write redis_password "$(random 24)"
write redis_url "redis://:$(cat secrets/redis_password)@redis:6379/0"
# smtp+tls://user:password@mail.example.org:587, and the secret key of a bucket: both may be empty.
write email_url ""
write aws_secret_access_key ""
echo "secrets: $(ls secrets | tr '\n' ' ')"
