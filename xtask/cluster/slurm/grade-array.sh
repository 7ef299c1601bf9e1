#!/usr/bin/env bash
# Grades a class as a job array and merges the parts. Submissions and OUT are on a disk that all nodes share; start it in
# the course's folder.
#
#   grade-array.sh SUBMISSIONS OUT PARTS SEED [OPTION OF GRADE...]
#
# Prints the number of the job that merges.
set -euo pipefail

(($# >= 4)) || { echo "usage: grade-array.sh SUBMISSIONS OUT PARTS SEED [OPTION OF GRADE...]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
SUBMISSIONS=$(realpath "$1")
mkdir -p "$2"
OUT=$(realpath "$2")
export SUBMISSIONS OUT PARTS=$3 SEED=$4 MORE=${*:5}

array=$(sbatch --parsable --array="1-$PARTS" --output="$OUT/part-%a.log" "$here/grade.sbatch")
# A part that failed leaves the merge undone: a gradebook without a part of the class would look whole.
sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$OUT/merge.log" "$here/merge.sbatch"
