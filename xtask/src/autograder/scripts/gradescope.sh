#!/bin/sh
# Gradescope: grades lab @LAB@. Lateness and due dates are the platform's; nothing is done about them here.
set -u
root=${AUTOGRADER_ROOT:-/autograder}
source=$root/source
submission=$root/submission
result=$root/results/results.json
failed='{
  "score": 0,
  "output": "The grader failed, or its time was over. That is not your fault and will not be your grade: tell your teacher, who can run it again.",
  "output_format": "text",
  "visibility": "visible"
}'
# There is a result in any case, and it says what happened.
finish() { exit 0; }
