#!/usr/bin/env bash
# Shows that a run that is killed goes on to the same gradebook: grades a class once without a stop, then again, killed by
# SIGKILL at random moments and resumed after each, and compares the gradebooks. Nothing may be left behind.
#
#   cargo xtask class ../class --seed 1
#   xtask/prove/kills.sh ../class [KILLS] [SEED]      start it in the course's folder; 20 kills, seed 1
#
# A moment is so many finished steps (lines of the journals), and up to a second more.
set -euo pipefail

class=${1:?"usage: kills.sh CLASS [KILLS] [SEED]"} kills=${2:-20} seed=${3:-1}
xtask=${XTASK:-$PWD/target/debug/xtask}
[[ -x $xtask ]] || { echo "kills.sh: $xtask is not built (cargo build -p xtask)" >&2; exit 2; }
place=$(mktemp -d "${TMPDIR:-/tmp}/prove-kills-XXXXXX")
# What did not come out as it should is kept, to be looked at.
trap 'if (($? == 0)); then rm -rf "$place"; else echo "kills.sh: kept: $place" >&2; fi' EXIT
RANDOM=$seed

# Steps that are in the journals of a folder of grades.
steps() { find "$1" -name 'journal-*.jsonl' -exec cat {} + 2>/dev/null | wc -l; }
# 0: as it should be; 4: something of the class asks for a teacher's eyes.
grade() { "$xtask" grade "$class" "$@" >"$place/log" 2>&1 || (($? == 4)) || { tail -n 20 "$place/log" >&2; exit 1; }; }
# What a grader may leave behind: its sandboxes' processes, segments, folders of its session, copies of repositories.
strays() {
    # Every sandbox is a PID namespace; its first process is the grader's own program.
    for process in /proc/[0-9]*; do
        [[ $(readlink "$process/exe") != "$xtask"* ]] || echo "a process of the grader: $(tr '\0' ' ' <"$process/cmdline")"
    done 2>/dev/null
    ls /dev/shm
    ls -d target/ipc-labs/run-* "${TMPDIR:-/tmp}"/ipc-labs-* 2>/dev/null || true
    ipcs -m -q -s | grep '^0x' || true
}

before=$(strays)
# The whole run may be there already.
whole=${WHOLE:-$place/whole}
[[ -d $whole/latest ]] || grade --fresh --seed "$seed" --out "$whole"
all=$(steps "$whole")
echo "the whole run: $all steps"

mapfile -t moments < <(for ((i = 0; i < kills; i++)); do echo $(((RANDOM * 32768 + RANDOM) % all)); done | sort -n)
how=(--fresh --seed "$seed")
killed=0
for moment in "${moments[@]}"; do
    "$xtask" grade "$class" "${how[@]}" --out "$place/killed" >"$place/log" 2>&1 &
    grader=$!
    while kill -0 "$grader" 2>/dev/null && (($(steps "$place/killed") < moment)); do sleep 0.1; done
    sleep "0.$((RANDOM % 900 + 100))"
    if kill -KILL "$grader" 2>/dev/null; then killed=$((killed + 1)); fi
    wait "$grader" 2>/dev/null || true
    echo "kill $killed at step $(steps "$place/killed") of $all"
    [[ -d $place/killed ]] && how=(--resume --fresh)
done
grade "${how[@]}" --out "$place/killed"
# Who races with itself is judged by chance, with or without a kill: some mutants do. Nobody else may differ.
racers=$(sed -n 's/,[^,]*,caught by .*//p' "${class%/}.expected.csv")
for book in gradebook.csv milestones.csv; do
    differ=$({ diff "$whole/latest/$book" "$place/killed/latest/$book" || (($? == 1)); } | sed -n 's/^[<>] \([^,]*\),.*/\1/p' | sort -u)
    if others=$(grep -vxFf <(printf '%s\n' "$racers") <<<"$differ" | grep .); then
        printf 'kills.sh: %s is another for:\n%s\n' "$book" "$others" >&2
        exit 1
    fi
    [[ -z $differ ]] || printf '%s: mutants that race with themselves: %s\n' "$book" "${differ//$'\n'/, }"
done

# Once more: nothing is left to do.
"$xtask" grade "$class" --resume --out "$place/killed" >"$place/again" 2>&1 || (($? == 4))
if grep -q 'preparing' "$place/again"; then
    echo "kills.sh: a run with nothing to do has prepared something" >&2
    exit 1
fi
if ! diff <(printf '%s' "$before") <(printf '%s' "$(strays)"); then
    echo "kills.sh: something was left behind" >&2
    exit 1
fi
echo "$killed kills by SIGKILL, then resumed: the same gradebook.csv and milestones.csv; nothing left behind"
