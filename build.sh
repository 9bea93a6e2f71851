#!/usr/bin/env bash
# The one entry point: builds, tests, demonstrates and packs RedisMessaging on a plain machine.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

redis_pid=""
redis_dir=""

usage() {
    cat <<'USAGE'
usage: ./build.sh COMMAND
  demo              run the QuickStart over all three transports on a real Redis
  test [FILTER]     build everything and run every test project; FILTER as dotnet test takes it
                    (FullyQualifiedName~Queue, Category=…)
  test browser [FILTER]
                    the samples' pages in headless Chromium, which is installed with apt-get where it is missing;
                    REDIS_MESSAGING_TEST_CHROMIUM names another one
  test offline      the unit tests that need no Redis, on any system
  test servers DIR …
                    the contract suite and the fault tests on the redis-server in each of these folders
  test client [VERSION]
                    unit, contract and fault tests with another StackExchange.Redis (3.4.35)
  chaos [SECONDS] [SEED …]
                    what takes longer than CI: failovers, a cluster that re-arranges itself, and for each seed a random
                    mix of faults, so long (600 seconds, seeds 1 2 3)
  bench [FILTER]    run the benchmarks; FILTER as BenchmarkDotNet takes it (*Publish*)
  bench dedup       what remembering message ids costs, in bytes and in time
  bench large       what bodies of some kilobytes cost on a queue
  bench late        how late what is scheduled comes
  bench load [--transport T] [--ways a,b|all] [--rate N] [--seconds N] [--publishers N] [--bytes N] [--processes 1|2] [--rounds N]
                    publishers and a consumer, through the bus and by hand in turn, flat out or at a rate
  bench usual [--rounds N]
                    the bus beside the programs that are usually written by hand, at 1,000 messages a second
  bench report [--rounds N] [--only targets,usual,growth | --read]
                    measures all three, or reads what was measured last, and writes docs/benchmarks.md with its charts
  bench quick [--record]
                    some figures in under three minutes: fails when one fell more than 20 % under the one recorded on such a machine
  bench growth [NAME …] [--sizes N,…] [--rounds N]
                    what a message costs when backlog, topics, consumers, handlers, pending messages, subscribers or patterns grow
  bench targets [NAME …] [--rounds N]
                    what the library is to reach against hand-written programs, or the rows of it whose names start so
  bench idle [N]    what N idle subscriptions (100) cost: processor, memory, connections
  valkey            put a Valkey 8.0 of Debian's backports into artifacts/servers/valkey-8.0, for "test servers"
  optional          install with apt-get what some tests are skipped without: PostgreSQL, and Python's redis
  pack              write the NuGet package to artifacts/packages
  format [--fix]    check the code's format, or put it right
  sample NAME …     run samples/NAME with the rest of the arguments

Redis: REDIS_MESSAGING_TEST_REDIS (a connection string), else a private redis-server from the PATH, which is
installed with apt-get where it is missing and that is possible. Tests can do with Docker, too:
REDIS_MESSAGING_TEST_IMAGE names the image (redis:7.4).
USAGE
}

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# Makes sure that there is a Redis to use: one that was named, or a redis-server to start. The tests can do with a container, too.
#   need_redis [server]
need_redis() {
    [[ -z "${REDIS_MESSAGING_TEST_REDIS:-}" ]] || return 0
    if ! command -v redis-server >/dev/null; then
        if [[ "${1:-}" != "server" ]] && docker info >/dev/null 2>&1; then
            return 0
        fi
        install_redis
    fi

    local version
    version="$(redis-server --version | grep -oE 'v=[0-9]+' | cut -d= -f2)"
    [[ "${version:-0}" -ge 7 ]] || fail "$(command -v redis-server) is older than Redis 7.0. Install a newer one, or set REDIS_MESSAGING_TEST_REDIS to one that runs."
}

install_redis() {
    install_package redis-server "Install Redis 7.0 or newer, or set REDIS_MESSAGING_TEST_REDIS to one that runs (docker run -p 6379:6379 redis:7)."
}

# Makes sure that there is a browser for the browser tests.
need_chromium() {
    if [[ -n "${REDIS_MESSAGING_TEST_CHROMIUM:-}" ]]; then
        [[ -x "$REDIS_MESSAGING_TEST_CHROMIUM" ]] || fail "REDIS_MESSAGING_TEST_CHROMIUM is '$REDIS_MESSAGING_TEST_CHROMIUM', and that is no program."
        return
    fi
    command -v chromium >/dev/null || install_package chromium "The browser tests can't run without: install Chromium, or set REDIS_MESSAGING_TEST_CHROMIUM to the program."
}

# What some tests are skipped without.
install_optional() {
    local package
    for package in postgresql python3-redis; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed \
            || install_package "$package" "The tests do without: some are skipped then."
    done
}

# install_package PACKAGE OTHERWISE: with apt-get, or fails with what to do otherwise.
install_package() {
    local package="$1" otherwise="$2" as_root=() log
    if [[ "$(id -u)" -ne 0 ]]; then
        command -v sudo >/dev/null && as_root=(sudo)
    fi

    if ! command -v apt-get >/dev/null || { [[ "$(id -u)" -ne 0 ]] && [[ ${#as_root[@]} -eq 0 ]]; }; then
        fail "there is no $package, and it can't be installed here (that takes apt-get, and root or sudo). $otherwise"
    fi

    echo "build.sh: installing $package with apt-get"
    log="$(mktemp)"
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; } </dev/null >"$log" 2>&1; then
        sed 's/^/    /' "$log" >&2
        rm -f "$log"
        fail "apt-get could not install $package. $otherwise"
    fi
    rm -f "$log"
}

# A Redis for a sample: the one that was named, else a private one that ends with this script. Sets $redis.
start_redis() {
    need_redis server
    if [[ -n "${REDIS_MESSAGING_TEST_REDIS:-}" ]]; then
        redis="$REDIS_MESSAGING_TEST_REDIS"
        return
    fi

    redis_dir="$(mktemp -d)"
    trap stop_redis EXIT
    local port attempt
    for attempt in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$redis_dir" </dev/null >"$redis_dir/log" 2>&1 &
        redis_pid=$!
        for _ in $(seq 100); do
            if ! kill -0 "$redis_pid" 2>/dev/null; then
                break # The port was taken.
            fi
            if grep -q 'Ready to accept connections' "$redis_dir/log"; then
                redis="127.0.0.1:$port"
                return
            fi
            sleep 0.05
        done
        stop_redis_process
    done
    sed 's/^/    /' "$redis_dir/log" >&2
    fail "redis-server did not start."
}

stop_redis_process() {
    if [[ -n "$redis_pid" ]]; then
        kill "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
        redis_pid=""
    fi
}

stop_redis() {
    stop_redis_process
    [[ -z "$redis_dir" ]] || rm -rf "$redis_dir"
}

build() {
    dotnet build "$1" -c Release --nologo -v:quiet -clp:NoSummary
}

run_sample() {
    local name="$1"
    shift
    local project="samples/$name/$name.csproj"
    [[ -f "$project" ]] || fail "there is no sample '$name'; there are: $(cd samples && printf '%s\n' */*.csproj | cut -d/ -f1 | xargs)"
    start_redis
    build "$project"
    # The connections in the sample's appsettings.json, overridden by environment as any setting may be.
    (cd "samples/$name/bin/Release/net10.0" && RedisMessaging__Connection="$redis" ConnectionStrings__redis="$redis" dotnet "$name.dll" "$@")
}

# counters FILE: what a .trx says, as "total passed failed skipped".
counters() {
    grep -oE '<Counters [^>]*>' "$1" | head -1 | awk '
        function number(name,   at) { at = match($0, " " name "=\"[0-9]+\""); return at ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0 : 0 }
        { total = number("total"); passed = number("passed"); failed = number("failed") + number("error") + number("timeout") + number("aborted"); print total, passed, failed, total - passed - failed }'
}

# failures FILE: the tests that failed by a .trx, and what each says of it.
failures() {
    awk '
        function plain(text) { gsub(/&#xD;/, "", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&amp;/, "\\&", text); return text }
        /<UnitTestResult / { failed = /outcome="(Failed|Error|Timeout|Aborted)"/; if (failed && match($0, /testName="[^"]*"/)) print "FAILED " plain(substr($0, RSTART + 10, RLENGTH - 11)) }
        failed && /<(Message|StackTrace)>/ { telling = 1 }
        telling { line = $0; gsub(/<[^>]*>/, "", line); sub(/^ +/, "", line); if (line != "") print "    " plain(line) }
        /<\/(Message|StackTrace)>/ { telling = 0 }
        /<\/UnitTestResult>/ { failed = 0 }' "$1"
}

run_tests() {
    local filter="${1:-}" project projects=()
    need_redis
    build RedisMessaging.sln
    for project in tests/*/*.csproj; do
        ! grep -q '<IsTestProject>true<' "$project" || grep -q '<IsBrowserTestProject>true<' "$project" || projects+=("$project")
    done
    run_projects "${filter:+($filter)&}Category!=Chaos" 5m minimal "${projects[@]}"
}

run_browser_tests() {
    local filter="${1:-}" project=tests/RedisMessaging.BrowserTests/RedisMessaging.BrowserTests.csproj
    need_redis
    need_chromium
    build "$project"
    run_projects "$filter" 5m minimal "$project"
}

run_offline_tests() {
    local project=tests/RedisMessaging.Tests/RedisMessaging.Tests.csproj
    build "$project"
    run_projects "Needs!=Redis" 5m minimal "$project"
}

# The contract suite and the fault tests on other servers.
run_server_tests() {
    local folder code=0 projects=(tests/RedisMessaging.ContractTests/RedisMessaging.ContractTests.csproj tests/RedisMessaging.FaultTests/RedisMessaging.FaultTests.csproj)
    [[ $# -gt 0 ]] || { usage >&2; exit 2; }
    for folder in "$@"; do
        [[ -x "$folder/redis-server" ]] || fail "there is no redis-server in '$folder'."
    done
    unset REDIS_MESSAGING_TEST_REDIS
    for folder in "${projects[@]}"; do
        build "$folder"
    done
    for folder in "$@"; do
        folder="$(cd "$folder" && pwd)"
        echo "== $("$folder/redis-server" --version)"
        PATH="$folder:$PATH" run_projects "Category!=Chaos" 5m minimal "${projects[@]}" || code=1
    done
    return "$code"
}

# The same with another StackExchange.Redis than the floor. MSBuild reads the version from the environment.
run_client_tests() {
    local project code=0 projects=()
    export StackExchangeRedisVersion="${1:-3.4.35}"
    need_redis
    for project in Tests ContractTests FaultTests; do
        projects+=("tests/RedisMessaging.$project/RedisMessaging.$project.csproj")
        build "${projects[-1]}"
    done
    run_projects "Category!=Chaos" 5m minimal "${projects[@]}" || code=$?
    return "$code"
}

# Debian's backports have it, and it needs nothing that bookworm lacks. Unpacked, not installed: the system stays as it is.
fetch_valkey() {
    local folder="$root/artifacts/servers/valkey-8.0" apt mirror options
    [[ ! -x "$folder/redis-server" ]] || return 0
    command -v apt-get >/dev/null || fail "Valkey comes from Debian's backports, and there is no apt-get here. Put a redis-server of it into a folder, and name that."
    need_redis server # What it needs of Debian is what Debian's Redis needs.
    mirror="$(grep -rhoE '^(deb|URIs:) +(\[[^]]*\] +)?https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -oE 'https?://[^ ]+' | head -1 || true)"
    [[ -n "$mirror" ]] || fail "no Debian mirror is configured, so there are no backports to take Valkey from."
    apt="$(mktemp -d)"
    chmod 755 "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" >"$apt/sources.list"
    options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache")
    (cd "$apt" && apt-get "${options[@]}" update && apt-get "${options[@]}" download valkey-server valkey-tools) </dev/null >"$apt/log" 2>&1 \
        || { sed 's/^/    /' "$apt/log" >&2; rm -rf "$apt"; fail "apt-get could not fetch valkey-server."; }
    local package
    for package in "$apt"/*.deb; do
        dpkg-deb -x "$package" "$folder/root"
    done
    rm -rf "$apt"
    printf '#!/bin/bash\nexec -a redis-server %q/root/usr/bin/valkey-server "$@"\n' "$folder" >"$folder/redis-server"
    chmod +x "$folder/redis-server"
    "$folder/redis-server" --version
}

run_chaos() {
    local seconds="${1:-600}" project=tests/RedisMessaging.FaultTests/RedisMessaging.FaultTests.csproj code=0
    [[ "$seconds" =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
    [[ $# -eq 0 ]] || shift
    need_redis server
    build "$project"
    rm -f artifacts/chaos-seed-*.txt
    # A hang is longer than the longest test.
    REDIS_MESSAGING_CHAOS_SECONDS="$seconds" REDIS_MESSAGING_CHAOS_SEEDS="${*:-1 2 3}" \
        run_projects "Category=Chaos" "$((seconds / 60 + 6))m" normal "$project" || code=$?
    echo "The matrix is in artifacts/fault-matrix.txt; what the random mix did and when, in artifacts/chaos-seed-*.txt."
    return "$code"
}

# run_projects FILTER HANG VERBOSITY PROJECT …: the tests that the filter leaves, and what they say of the fault matrix.
run_projects() {
    local filter="$1" hang="$2" verbosity="$3"
    shift 3
    local results="$root/artifacts/test-results" project name trx code total passed failed skipped
    local all_passed=0 all_failed=0 all_skipped=0
    local matrix="$root/artifacts/fault-matrix.txt"
    rm -rf "$results" "$matrix"
    mkdir -p "$results"
    # One project after the other: each starts servers of its own, and timing tests want the cores.
    for project in "$@"; do
        name="$(basename "$project" .csproj)"
        trx="$results/$name.trx"
        code=0
        dotnet test "$project" -c Release --no-build --nologo -v:quiet \
            --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=$verbosity" \
            --blame-hang-timeout "$hang" --blame-hang-dump-type none \
            ${filter:+--filter "$filter"} </dev/null || code=$?
        total=0 passed=0 failed=0 skipped=0
        if [[ -f "$trx" ]]; then
            read -r total passed failed skipped < <(counters "$trx") || true
        fi
        if [[ "$code" -ne 0 && "$failed" -eq 0 ]]; then
            # The run itself broke (a crashed host, a hang): that is a failure, whatever was counted.
            echo "build.sh: the test run of $name ended with exit code $code" >&2
            failed=1
        fi
        echo "$name: $passed passed, $failed failed, $skipped skipped"
        all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed)) all_skipped=$((all_skipped + skipped))
    done

    if [[ -f "$matrix" ]]; then
        echo "The fault matrix:"
        sort -k2,2n -k3,3 "$matrix"
    fi
    if [[ $((all_passed + all_failed)) -eq 0 ]]; then
        echo "build.sh: no test ran" >&2
        echo "0 passed, 0 failed"
        return 1
    fi
    # Once more and last, where whoever reads the end of a long log sees it.
    for trx in "$results"/*.trx; do
        [[ ! -f "$trx" ]] || failures "$trx"
    done
    if [[ "$all_skipped" -gt 0 ]]; then
        echo "$all_passed passed, $all_failed failed, $all_skipped skipped"
    else
        echo "$all_passed passed, $all_failed failed"
    fi
    [[ "$all_failed" -eq 0 ]]
}

run_benchmarks() {
    local name=RedisMessaging.Benchmarks
    case "${1:-}" in
        load | targets | quick | growth | usual | report) name=RedisMessaging.Load ;;
    esac
    need_redis server
    build "benchmarks/$name/$name.csproj"
    local program="$root/benchmarks/$name/bin/Release/net10.0/$name.dll"
    mkdir -p artifacts/benchmarks
    cd artifacts/benchmarks
    case "${1:-}" in
        load | targets | quick | growth | usual | report) dotnet "$program" "$@" ;;
        dedup | idle | large | late) dotnet "$program" "$@" ;;
        "") dotnet "$program" --filter '*' ;;
        *) dotnet "$program" --filter "$@" ;;
    esac
}

pack() {
    rm -rf artifacts/packages
    dotnet pack src/RedisMessaging/RedisMessaging.csproj -c Release --nologo -v:quiet -o artifacts/packages
    ls artifacts/packages
}

format() {
    dotnet restore RedisMessaging.sln --nologo -v:quiet
    case "${1:-}" in
        "") dotnet format RedisMessaging.sln --no-restore --verify-no-changes ;;
        --fix) dotnet format RedisMessaging.sln --no-restore ;;
        *) usage >&2; exit 2 ;;
    esac
}

command="${1:-}"
[[ $# -eq 0 ]] || shift
case "$command" in
    demo) run_sample QuickStart --all ;;
    test)
        case "${1:-}" in
            browser) run_browser_tests "${@:2}" ;;
            offline) run_offline_tests ;;
            servers) run_server_tests "${@:2}" ;;
            client) run_client_tests "${@:2}" ;;
            *) run_tests "$@" ;;
        esac
        ;;
    valkey) fetch_valkey ;;
    chaos) run_chaos "$@" ;;
    bench) run_benchmarks "$@" ;;
    optional) install_optional ;;
    pack) pack ;;
    format) format "$@" ;;
    sample) [[ $# -gt 0 ]] || { usage >&2; exit 2; }; run_sample "$@" ;;
    -h | --help | help) usage ;;
    *) usage >&2; exit 2 ;;
esac
