#!/bin/sh
# Compares `cargo xtask grade` with what a simple autograder does: `cargo test` for each submission.
#
#   xtask/bench/grade.sh [LAB [STUDENTS [ROUNDS]]]        default: 01 6 3
#
# Three ways, each in each round, on the same submissions (right answers, starters, mutants) and the same checks:
#   own     a checkout and a target folder for each submission, both new
#   shared  one checkout at one path, one warm target folder; sources are touched, or cargo would test another's program
#   grade   cargo xtask grade --fresh
# Downloads nothing, and measures seconds for each submission. The ways take turns, so a busy machine hits all of them.
set -eu
lab=${1:-01} students=${2:-6} rounds=${3:-3}
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/ipc-labs-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cargo build --quiet -p xtask
xtask=$(cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/xtask
"$xtask" class "$work/class" --students "$students" --lab "$lab" --plain >/dev/null
"$xtask" handout "$work/handout" >/dev/null
folder=$(cd labs && echo "$lab"-*)
package=lab$lab-${folder#*-}

now() { date +%s.%N; }

# Puts the submission $1 into the checkout $2.
lay_out() {
    rm -rf "$2/labs/$folder/src"
    cp -R "$1/labs/$folder/src" "$2/labs/$folder/src"
    find "$2/labs/$folder/src" -type f -exec touch {} +
}

# Most submissions fail some checks; what must not happen is that nothing is checked.
cargo_test() { # checkout, target folder, log
    (cd "$1" && CARGO_TARGET_DIR=$2 cargo test --offline -p "$package" --test spec) >"$3" 2>&1 || true
    grep -q '^test result:' "$3" || { echo "bench: no check ran:"; tail -5 "$3"; exit 5; } >&2
}

own() {
    for one in "$work"/class/*/; do
        cp -R "$work/handout" "$work/checkout"
        lay_out "$one" "$work/checkout"
        cargo_test "$work/checkout" "$work/checkout/target" "$work/own.log"
        rm -rf "$work/checkout"
    done
}

shared() {
    for one in "$work"/class/*/; do
        lay_out "$one" "$work/handout"
        cargo_test "$work/handout" "$work/warm" "$work/shared.log"
    done
}

grade() {
    "$xtask" grade "$work/class" --lab "$lab" --fresh --seed 1 --out "$work/grades" >"$work/grade.log" 2>&1
    "$xtask" class "$work/class" --graded "$work/grades/latest" | tail -1 >"$work/expected"
}

# Warm before the first round: the target folder of `shared`, the build seed of `grade`.
first=$(find "$work/class" -mindepth 1 -maxdepth 1 | head -1)
lay_out "$first" "$work/handout"
cargo_test "$work/handout" "$work/warm" "$work/shared.log"
grade

round=1
while [ "$round" -le "$rounds" ]; do
    for way in own shared grade; do
        start=$(now)
        "$way"
        echo "$way $(now) $start $students" | awk '{ printf "%s %.2f\n", $1, ($2 - $3) / $4 }' | tee -a "$work/times" |
            sed "s/^/round $round: /; s/\$/ s a submission/"
    done
    round=$((round + 1))
done
cat "$work/expected"
# The median and the spread of the ratios, each within one round.
awk '{ n[$1]++; t[$1, n[$1]] = $2 }
END {
    for (w = 1; w <= 2; w++) {
        way = (w == 1) ? "own" : "shared"
        for (i = 1; i <= n[way]; i++) r[i] = t[way, i] / t["grade", i]
        for (i = 1; i <= n[way]; i++) for (j = i + 1; j <= n[way]; j++) if (r[j] < r[i]) { x = r[i]; r[i] = r[j]; r[j] = x }
        printf "grade is %.1f times as fast as %s (%.1f to %.1f)\n", r[int((n[way] + 1) / 2)], way, r[1], r[n[way]]
    }
}' "$work/times"
