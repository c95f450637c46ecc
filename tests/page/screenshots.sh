#!/usr/bin/env bash
# Pictures of every story's page in headless Chromium, to be looked at: light, dark, narrow, and as printed.
#
#   tests/page/screenshots.sh [PMTRACE] [FOLDER] [LOGS…]
#
# PMTRACE is the program (target/debug/pmtrace), FOLDER where the pictures go (target/screenshots), LOGS further folders
# of logs that become pages too. It installs nothing: without Chromium it says so and ends.
set -euo pipefail
cd "$(dirname "$0")/../.."
pmtrace=${1:-target/debug/pmtrace}
out=${2:-target/screenshots}
shift $(($# < 2 ? $# : 2))
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && chromium=$(command -v "$name") && break
done
if [ -z "${chromium:-}" ]; then
  echo "screenshots: skipped, there is no Chromium (set CHROMIUM to its path)"
  exit 0
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)

picture() { # PAGE NAME WIDTH FURTHER…
  local page=$1 name=$2 width=$3
  shift 3
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --user-data-dir="$out/.profile" --window-size="$width,${HEIGHT:-6000}" "$@" --screenshot="$out/$name.png" "file://$page" 2>/dev/null
}

all() { # PAGE NAME
  picture "$1" "$2-light" 1280 --blink-settings=preferredColorScheme=1
  picture "$1" "$2-dark" 1280 --blink-settings=preferredColorScheme=0
  # A window cannot be that narrow; a frame can.
  printf '<!doctype html><title>narrow</title><body style="margin:0"><iframe src="%s" style="border:0;width:390px;height:%spx"></iframe>' \
    "$1" "${HEIGHT:-9000}" >"$out/$2-narrow.html"
  HEIGHT=${HEIGHT:-9000} picture "$out/$2-narrow.html" "$2-narrow" 500 --blink-settings=preferredColorScheme=1
  "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$out/.profile" --no-pdf-header-footer \
    --print-to-pdf="$out/$2.pdf" "file://$1" 2>/dev/null
  echo "$2"
}

for story in fixtures/incidents/*/; do
  name=$(basename "$story")
  "$pmtrace" --quiet --output html "$story" >"$out/$name.html"
  all "$out/$name.html" "$name"
done
for logs in "$@"; do
  name=$(basename "$logs")
  "$pmtrace" --quiet --output html "$logs" >"$out/$name.html"
  all "$out/$name.html" "$name"
done
