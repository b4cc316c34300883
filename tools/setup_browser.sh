#!/usr/bin/env bash
# Sees to a Chromium and a Chinese font for the browser tests: what is there, else apt, else Playwright's download.
# WAIQIN_CHROMIUM=/path/to/chromium chooses one by hand. Needs .venv with the development packages.
set -euo pipefail

say() { echo "setup: $*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  command -v apt-get >/dev/null || return 1
  as_root true 2>/dev/null || return 1
  say "installing $* with apt-get"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

chromium_on_path() {
  local name
  for name in ${WAIQIN_CHROMIUM:+"$WAIQIN_CHROMIUM"} chromium chromium-browser google-chrome google-chrome-stable; do
    # Ubuntu's chromium-browser is a stub for a snap: present, but it does not start.
    if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
      say "using $(command -v "$name")"
      return 0
    fi
  done
  return 1
}

is_debian() { grep -qs '^ID=debian' /etc/os-release; }

playwright_chromium() {
  say "fetching Playwright's Chromium (about 150 MB)"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    .venv/bin/playwright install --with-deps chromium
  else
    .venv/bin/playwright install chromium
  fi
}

setup_chromium() {
  chromium_on_path && return 0
  if is_debian && apt_install chromium && chromium_on_path; then return 0; fi
  playwright_chromium && return 0
  say "no Chromium: install one (Debian: apt-get install chromium) or set WAIQIN_CHROMIUM, then run again" >&2
  return 1
}

setup_font() {
  [ "$(uname)" = Linux ] || return 0
  if command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh)" ]; then return 0; fi
  apt_install fontconfig fonts-noto-cjk && return 0
  say "no Chinese font found: pictures will show boxes; install fonts-noto-cjk" >&2
}

setup_chromium
setup_font
