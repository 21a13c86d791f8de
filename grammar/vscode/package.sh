#!/bin/sh
# Writes dana.vsix, or the file named first, with the grammar and the license of this checkout.
set -eu
out=$(realpath "${1:-$(dirname "$0")/dana.vsix}")
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
cp ../dana.tmLanguage.json ../../LICENSE .
npx --no-install vsce package --allow-missing-repository --out "$out"
