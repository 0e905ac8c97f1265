#!/bin/sh
# Makes the certificates of the tests anew: an authority that nobody trusts, and what it has signed, for a century.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

key "$work/authority.key"
openssl req -x509 -new -key "$work/authority.key" -subj "/O=Acme/CN=Acme Test Authority" -days 36500 -out authority.pem
: >"$work/index"
printf '[ca]\ndefault_ca=it\n[it]\ndatabase=%s/index\nrand_serial=yes\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n' \
  "$work" "$work" >"$work/ca.cnf"

# sign NAME EXTENSIONS FROM TO: NAME.pem holds the certificate and its key
sign() {
  key "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "/CN=$1" -out "$work/$1.csr"
  printf '%s\n' "$2" >"$work/$1.ext"
  openssl ca -batch -notext -config "$work/ca.cnf" -cert authority.pem -keyfile "$work/authority.key" \
    -extfile "$work/$1.ext" -startdate "$3" -enddate "$4" -in "$work/$1.csr" -out "$work/$1.crt" 2>/dev/null
  cat "$work/$1.key" "$work/$1.crt" >"$1.pem"
}

sign service "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:portal.example.com" 20260101000000Z 21260101000000Z
sign expired "subjectAltName=IP:127.0.0.1,DNS:localhost" 20190101000000Z 20200101000000Z
sign elsewhere "subjectAltName=DNS:elsewhere.example" 20260101000000Z 21260101000000Z
sign client "extendedKeyUsage=clientAuth" 20260101000000Z 21260101000000Z
cp "$work/client.crt" client-alone.pem
cp "$work/service.key" other.key
openssl pkcs8 -topk8 -in "$work/client.key" -passout pass:open-sesame -out locked.key
