#!/bin/sh
# send.sh ADDR COUNT CONNECTIONS: what a project has beside its policy for its own tool.
exec hey -n "$2" -c "$3" "http://$1/work"
