#!/bin/sh
# Packs the extension with a server inside, for this platform.
#   ./package.sh [--server FILE] [--out DIR] [--install]
# FILE: the release binary (default: target/release/longsight of this repository). Prints the path of the .vsix.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
server="${CARGO_TARGET_DIR:-$here/../../target}/release/longsight"
out=$here/../../target/dist
install=
while [ $# -gt 0 ]; do
  case $1 in
    --server) server=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --install) install=yes; shift ;;
    *) echo "package.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
[ -x "$server" ] || { echo "package.sh: no server at $server; run \`cargo build --release\` first" >&2; exit 1; }
mkdir -p "$out"
server=$(cd "$(dirname "$server")" && pwd)/$(basename "$server")
out=$(cd "$out" && pwd)
cd "$here"

case $(uname -s)-$(uname -m) in
  Linux-x86_64) target=linux-x64 ;;
  Linux-aarch64) target=linux-arm64 ;;
  Darwin-x86_64) target=darwin-x64 ;;
  Darwin-arm64) target=darwin-arm64 ;;
  *) echo "package.sh: no .vsix platform for $(uname -s) $(uname -m)" >&2; exit 1 ;;
esac

# The lock decides what is installed; an unchanged lock needs no second install.
if [ ! -f node_modules/.lock-seen ] || ! cmp -s package-lock.json node_modules/.lock-seen; then
  npm ci --no-fund --no-audit >&2
  cp package-lock.json node_modules/.lock-seen
fi
mkdir -p server
cp "$server" server/longsight
# Debug information is three quarters of the file and of no use to an editor.
strip server/longsight 2>/dev/null || true
chmod 755 server/longsight
cp ../../LICENSE-MIT ../../LICENSE-APACHE .
printf 'MIT OR Apache-2.0, at your choice. The texts are in LICENSE-MIT and LICENSE-APACHE.\n' > LICENSE.txt
vsix=$out/longsight-$target.vsix
npx --no-install vsce package --no-rewrite-relative-links --no-dependencies --allow-missing-repository --target "$target" --out "$vsix" >&2
if [ -n "$install" ]; then
  # Every VS Code of this machine, by the name of its command.
  for code in code code-insiders codium code-server; do
    ! command -v $code >/dev/null || $code --install-extension "$vsix" --force >&2
  done
fi
echo "$vsix"
