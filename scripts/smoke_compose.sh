#!/usr/bin/env bash
# Builds the images of docker-compose.yml, starts all of it on ports of its own with throw-away
# secrets and volumes, waits until every service is healthy, asks the site through its proxy, and
# removes everything again. Needs a container engine with compose, openssl and curl.
set -euo pipefail
cd "$(dirname "$0")/.."
docker compose version >/dev/null || { echo "smoke: no 'docker compose' here" >&2; exit 2; }

work=$(mktemp -d)
# A copy, so that the site's own secrets and .env are neither read nor replaced.
git ls-files -z | xargs -0 cp --parents -t "$work"
cd "$work"
export COMPOSE_PROJECT_NAME="mint-smoke-$$"
compose() { docker compose "$@"; }
trap 'compose down --volumes --timeout 10 >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

scripts/make_secrets.sh
mkdir tls
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 \
    -keyout tls/privkey.pem -out tls/fullchain.pem 2>/dev/null
cat > .env <<END
ALLOWED_HOSTS=localhost
HTTP_PORT=${HTTP_PORT:-18080}
HTTPS_PORT=${HTTPS_PORT:-18443}
END

compose config --quiet
compose build --quiet
compose up --detach --wait --wait-timeout 300
site="https://localhost:${HTTPS_PORT:-18443}"
curl --fail --silent --insecure "$site/health/ready"; echo
curl --fail --silent --insecure --output /dev/null "$site/accounts/login/"
compose logs migrate | grep -q 'choose the password' || { echo "smoke: no first link" >&2; exit 1; }
compose exec -T web python manage.py check --deploy --fail-level WARNING
compose exec -T web sh -c 'if touch /app/x 2>/dev/null; then echo "smoke: the root is writable" >&2; exit 1; fi'
echo "smoke: all services are healthy, and the site answers through its proxy"
