#!/usr/bin/env bash
# Asks the package feed once what it has, and writes the answer to artifacts/feed-gaps.props.
#   eng/feed-gaps/probe.sh            asks only if there is no answer, or the question changed since
#   eng/feed-gaps/probe.sh --force    asks anew
# Fails, and writes nothing, when the feed cannot be asked: a network fault is not a gap.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
answer="$root/artifacts/feed-gaps.props"
versions="$root/Directory.Packages.props"
restore_options=()
# The messages are read below.
export DOTNET_CLI_UI_LANGUAGE=en

case "${1:-}" in
    --force) restore_options=(--force --no-http-cache) ;;
    "")
        if [[ -f "$answer" && -z "$(find "$here/probe" "$here/probe.sh" "$versions" -type f -newer "$answer" -print -quit)" ]]; then
            exit 0
        fi
        ;;
    *)
        echo "usage: ${BASH_SOURCE[0]} [--force]" >&2
        exit 2
        ;;
esac

mkdir -p "$root/artifacts"
draft="$(mktemp "$answer.XXXXXX")"
log="$(mktemp)"
trap 'rm -f "$draft" "$log"' EXIT

fail() {
    echo "feed-gaps: the package feed could not be asked: $1" >&2
    sed 's/^/    /' "$log" >&2
    exit 1
}

# feed_has PROBE PATTERN: does the probe restore? A package whose name does not match PATTERN must not be what is missing.
feed_has() {
    local probe="$1" may_be_missing="$2" missing
    if dotnet restore "$here/probe/$probe/$probe.csproj" --nologo -v:quiet "${restore_options[@]}" >"$log" 2>&1; then
        return 0
    fi
    if grep -qE 'error NU[0-9]+' "$log" && ! grep -E 'error' "$log" | grep -qvE 'error (NU1101|NU1102):'; then
        # Only "no such package" (NU1101) and "no such version" (NU1102) are answers.
        missing="$(grep -oE 'error NU110[12]: Unable to find package [A-Za-z0-9._-]*[A-Za-z0-9]' "$log" | awk '{print $NF}' | sort -u)"
        if [[ -n "$missing" ]] && ! grep -qvE "$may_be_missing" <<<"$missing"; then
            return 1
        fi
        fail "restoring the probe '$probe' misses a package nothing here can stand in for."
    fi
    fail "restoring the probe '$probe' failed for another reason than a missing package."
}

lacks_pipelines=false
has_testcontainers=true
feed_has redis-client '^(Pipelines\.Sockets\.Unofficial|System\.IO\.Hashing)$' || lacks_pipelines=true
feed_has testcontainers '.' || has_testcontainers=false

cat >"$draft" <<PROPS
<Project>

  <!-- Written by eng/feed-gaps/probe.sh. Not for committing: it tells what this machine's package feed has. -->
  <PropertyGroup>
    <FeedLacksPipelines>$lacks_pipelines</FeedLacksPipelines>
    <FeedHasTestcontainers>$has_testcontainers</FeedHasTestcontainers>
  </PropertyGroup>

</Project>
PROPS
chmod 644 "$draft"
mv -f "$draft" "$answer"

pipelines="has"; [[ $lacks_pipelines == true ]] && pipelines="lacks"
containers="has"; [[ $has_testcontainers == false ]] && containers="lacks"
echo "feed-gaps: the feed $pipelines what StackExchange.Redis needs and $containers Testcontainers.Redis."
