
# From here on the script is the same for every platform.
course=${IPC_LABS_COURSE:-$source/course}
runner=${IPC_LABS_RUNNER:-$course/target/debug/xtask}

# Until it is replaced, the result is that there is none: a crash, a full disk or a platform's time limit leave this.
mkdir -p "$(dirname "$result")"
rm -f "$result"
if [ -n "$failed" ]; then
    printf '%s\n' "$failed" >"$result" || exit 1
fi

status=0
cd "$course" && . "$source/toolchain.sh" &&
    "$runner" grade-one @PLATFORM@ --lab @LAB@ "$submission" "$result" || status=$?
if [ "$status" -ne 0 ]; then
    echo "the grader failed (status $status); its messages stand above" >&2
fi
finish
