#!/usr/bin/env bash
# Puts every project of the repository into RedisMessaging.sln, each under the folder it lies in. Run it after adding one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ -f RedisMessaging.sln ]] || dotnet new sln --format sln --name RedisMessaging >/dev/null
for folder in src tests benchmarks samples; do
    while IFS= read -r project; do
        dotnet sln RedisMessaging.sln add --include-references false --solution-folder "$folder" "$project"
    done < <(find "$folder" -name '*.csproj' -not -path '*/bin/*' -not -path '*/obj/*' | sort)
done
