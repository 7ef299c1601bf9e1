#!/bin/sh
# Classroom 50: grades lab @LAB@ for autograder.py, which calls this.
set -u
source=${AUTOGRADER_SOURCE:?the folder with this script}
submission=${AUTOGRADER_ROOT:?the checkout of the student}
# Not in the checkout: there the student could leave a file of that name.
result=${AUTOGRADER_RESULT:?where the result goes}
# Without a result and with this status the platform tells of an error of its own, and nobody of a grade.
failed=''
finish() { exit "$status"; }
