#!/bin/bash
# Times what big workflows cost to compile, beside the same steps by hand, against the budgets of the design (section 9).
# Only the leaf crate is timed. Takes minutes, and a quiet machine: `scripts/size.sh [rounds]`.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$target/size
mkdir -p "$work/src"
export CARGO_TARGET_DIR=$target

# A wrapper round rustc that writes seconds and peak kilobytes. Without /usr/bin/time it looks at /proc while rustc runs.
cat > "$work/timed" <<'W'
#!/bin/bash
case " $* " in *" --crate-name size_leaf "*) ;; *) exec "$@" ;; esac
start=$(date +%s%N)
if [ -x /usr/bin/time ]; then
    /usr/bin/time -o "$SIZE_LOG.memory" -f %M "$@"; status=$?
    peak=$(tail -1 "$SIZE_LOG.memory")
else
    "$@" & pid=$!; peak=0
    while kill -0 $pid 2>/dev/null; do
        now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null); peak=${now:-$peak}; sleep 0.02
    done
    wait $pid; status=$?
fi
echo "$(( ($(date +%s%N) - start) / 1000000 )) $peak" > "$SIZE_LOG"
exit $status
W
chmod +x "$work/timed"
export RUSTC_WORKSPACE_WRAPPER=$work/timed SIZE_LOG=$work/log
cat > "$work/Cargo.toml" <<W
[package]
name = "size_leaf"
version = "0.0.0"
edition = "2024"
publish = false
[workspace]
[dependencies]
agno = { path = "$PWD" }
futures-util = "0.3"
schemars = "1"
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["full"] }
[profile.dev]
debug = "line-tables-only"
W
cp Cargo.lock rust-toolchain.toml "$work/"
RUSTC_WORKSPACE_WRAPPER= cargo build --quiet -p agno-nestings --bin size
generate() { "$target/debug/size" "$@" > "$work/src/main.rs"; }
leaf() { (cd "$work" && cargo "$@" --quiet --offline); }

# best KIND COMMAND…: the fastest of the rounds, as "milliseconds kilobytes".
best() {
    local kind=$1 profile=debug best=; shift
    case " $* " in *" --release "*) profile=release ;; esac
    for round in $(seq "$rounds"); do
        if [ "$kind" = clean ]; then
            rm -rf "$target/$profile/incremental"/size_leaf-*; touch "$work/src/main.rs"
        else
            leaf "$@" > /dev/null
            # One step does something else.
            sed -i "0,/\(number\|d\.n\) + [0-9]\+/s//\1 + $((RANDOM % 1000))/" "$work/src/main.rs"
        fi
        leaf "$@" > /dev/null
        read -r ms kb < "$work/log"
        if [ -z "$best" ] || [ "$ms" -lt "${best% *}" ]; then best="$ms $kb"; fi
    done
    echo "$best"
}

missed=0
# row NAME KIND BUDGET LIMIT COMMAND… -- ARGS: BUDGET is a ratio to by hand, LIMIT seconds; 0 is none.
row() {
    local name=$1 kind=$2 budget=$3 limit=$4; shift 4
    local command=(); while [ "$1" != -- ]; do command+=("$1"); shift; done; shift
    generate "$@"; local ours; ours=$(best "$kind" "${command[@]}")
    generate "$@" hand; local hand; hand=$(best "$kind" "${command[@]}")
    awk -v name="$name" -v ours="$ours" -v hand="$hand" -v budget="$budget" -v limit="$limit" 'BEGIN {
        split(ours, o, " "); split(hand, h, " "); ratio = o[1] / h[1]
        bad = (budget > 0 && ratio > budget) || (limit > 0 && o[1] > limit * 1000) || o[2] > 1048576
        printf "%-34s %8.2f s %7.0f MB %10.2f s %7.0f MB %7.2fx", name, o[1] / 1000, o[2] / 1024, h[1] / 1000, h[2] / 1024, ratio
        if (budget > 0) printf "  budget %gx", budget
        if (limit > 0) printf "  %g s", limit
        print (bad ? "  MISSED" : "")
        exit bad
    }' || missed=1
}

printf '%-34s %10s %10s %12s %10s %8s\n' "" workflow peak "by hand" peak ratio
row "100 flat, check, clean"     clean 2 0  check -- flat 100
row "100 flat, check, edit"      edit  2 0  check -- flat 100
row "100 flat, debug, clean"     clean 0 0  build -- flat 100
row "100 flat, debug, edit"      edit  0 0  build -- flat 100
row "100 flat, release"          clean 3 0  build --release -- flat 100
row "200 nodes 12 deep, check"   clean 0 2  check -- deep 200 12
row "200 nodes 12 deep, edit"    edit  0 2  check -- deep 200 12
row "200 nodes 12 deep, debug"   clean 0 0  build -- deep 200 12
row "200 nodes 12 deep, release" clean 6 15 build --release -- deep 200 12
exit $missed
