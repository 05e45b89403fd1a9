#!/bin/sh
# Builds the program one way and checks kinds or call targets of the result.
#   run.sh GO CHECK SOURCE WORK kinds|calls [VAR=VALUE...] [go build flags...]
set -eu
go=$1 check=$2 source=$3 work=$4 mode=$5
shift 5
mkdir -p "$work"
exe=$work/program

# The go in PATH as it is: nothing is downloaded, and the user's settings do not matter.
export GOTOOLCHAIN=local GOPROXY=off GOWORK=off GOENV=off GOFLAGS=-buildvcs=false
while [ $# -gt 0 ]; do
    case $1 in
    *=*) case $1 in -*) break ;; esac ;;
    *) break ;;
    esac
    export "${1?}"
    shift
done
(cd "$source" && "$go" build -o "$exe" "$@" .)

if [ "$mode" = calls ]; then
    # Our own functions and what they lean on, not the whole runtime: the listing is slow.
    "$go" tool objdump -s '^(main|strings|strconv|reflect|fmt|os|bytes|runtime/pprof)\.' "$exe" \
        >"$work/listing"
    "$check" calls "$exe" "$work/listing"
    # Without .symtab the same code must give the same names out of .gopclntab.
    (cd "$source" && "$go" build -o "$exe" -ldflags='-s -w' "$@" .)
    exec "$check" calls "$exe" "$work/listing"
fi
GODEBUG=memprofilerate=1 "$exe" "$work/heap.pb.gz"
exec "$check" kinds "$exe" "$work/heap.pb.gz"
