#!/bin/sh
# metrics.sh ADDR: a tool that writes $TEXT for its result and sends nothing.
printf '%s\n' "$TEXT" > "$OUT"
