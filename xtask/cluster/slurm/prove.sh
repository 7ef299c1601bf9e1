#!/usr/bin/env bash
# Shows that a job array and one machine give the same grades: a small class of lab 02 (its reference, its second answer,
# its starter and some mutants), graded both ways with one seed, compared byte by byte but for times.
#
#   one-node.sh prove.sh [PARTS]      start it in the course's folder
set -euo pipefail

parts=${1:-3}
here=$(cd "$(dirname "$0")" && pwd)
export XTASK=${XTASK:-$PWD/target/debug/xtask}
[[ -x $XTASK ]] || { echo "prove.sh: $XTASK is not built (cargo build -p xtask)" >&2; exit 2; }
place=$(mktemp -d /tmp/prove-XXXXXX)
trap 'rm -rf "$place"' EXIT

# The class.
class=$place/class
student() {
    mkdir -p "$class/$1"
    cp -r "$2/src" "$class/$1/"
}
student reference solutions/02-*
student starter labs/02-*
student second labs/02-*
cp -r solutions/02-*/alternative/src/. "$class/second/src/"
for mutant in $(printf '%s\n' solutions/02-*/mutants/*.patch | awk 'NR % 9 == 1' | head -n 4); do
    name=mutant-$(basename "$mutant" .patch)
    student "$name" solutions/02-*
    sed -n '/^--- /,$p' "$mutant" | patch --quiet --directory="$class/$name" -p1
done
names=("$class"/*)
echo "the class: ${names[*]##*/}"

"$XTASK" grade "$class" --lab 02 --fresh --seed 7 --out "$place/one" >"$place/one.log" 2>&1 || (($? == 4)) ||
    { tail "$place/one.log"; exit 1; }
merge=$("$here/grade-array.sh" "$class" "$place/array" "$parts" 7 --lab 02 --fresh)
# Blocks until the merge has ended.
srun --quiet --dependency="afterany:$merge" --cpus-per-task=1 true
if [[ ! -e $place/array/whole/latest/gradebook.csv ]]; then
    echo "prove.sh: the array gave no grades" >&2
    tail -n 5 "$place"/array/*.log >&2
    exit 1
fi

# All but times, and the words of failures: they name processes, and queues that were made for one run.
plain() {
    python3 -c '
import json, sys
def plain(value):
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name not in ("millis", "started", "seconds", "text", "detail")}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
print(json.dumps(plain(json.load(open(sys.argv[1]))), indent=1, sort_keys=True))' "$1"
}
one=$place/one/latest whole=$place/array/whole/latest
cmp "$one/gradebook.csv" "$whole/gradebook.csv"
diff <(plain "$one/results.json") <(plain "$whole/results.json")
cat "$whole/gradebook.csv"
echo "$parts parts and one machine: the same gradebook.csv, and the same verdicts in results.json"
