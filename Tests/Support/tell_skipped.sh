#!/bin/sh
# tell_skipped.sh COMMAND…: runs tests, and says at the end which were left out and why, a line each. Their status is its
# own.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
{ "$@" 2>&1; echo "$?" > "$said.status"; } | tee "$said"
status=$(cat "$said.status")
rm -f "$said.status"
skipped=$(sed -n 's/^[^A-Za-z]* *\(Suite\|Test\) \(.*\) skipped\(.*\)$/  \2\3/p' "$said")
if [ -n "$skipped" ]; then
  printf '\nLeft out on this machine:\n%s\n' "$skipped"
else
  printf '\nNothing was left out.\n'
fi
exit "$status"
