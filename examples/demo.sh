#!/usr/bin/env bash
# Runs the gate on examples/orders, from nothing but a checkout of this repository.
set -euo pipefail
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
EXAMPLE=$ROOT/examples/orders
EXPECTED=$EXAMPLE/changes/expected.tsv
OUT=$ROOT/memgate-out/demo

usage() {
    cat <<'END'
usage: examples/demo.sh [--all [--skip NAME]... | --only NAME] [--quick] [--no-install] [--keep]

Builds memgate, makes a git repository of the example service with one branch
for each planted change, and runs the gate on the first of them.

  --all         every change, as a table; exit 1 if a verdict is not the expected one
  --skip NAME   but for that one
  --only NAME   that change (examples/orders/changes/NAME.patch)
  --quick       the exact phase only: a memory verdict in seconds
  --no-install  do not install missing packages
  --keep        keep the temporary repository
  MEMGATE=path  use this binary instead of building one
END
}

say() {
    printf 'demo: %s\n' "$*" >&2
}

die() {
    say "$*"
    exit 2
}

# Sets MEMGATE to an absolute path.
find_memgate() {
    if [ -z "${MEMGATE-}" ]; then
        (cd "$ROOT" && cmake --preset release && cmake --build --preset release) >&2
        MEMGATE=$ROOT/build/release/memgate
    fi
    [ -x "$MEMGATE" ] || die "no program at $MEMGATE"
    MEMGATE=$(cd -- "$(dirname -- "$MEMGATE")" && pwd)/$(basename -- "$MEMGATE")
}

# Plain git: the user's hooks, signing and line endings must not change the example.
plain_git() {
    env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
        git -c user.name=demo -c user.email=demo@example.com -C "$REPO" "$@"
}

# Branch main is the example, branch change/NAME is main with that patch.
make_repository() {
    local patch name
    mkdir -p "$REPO"
    plain_git init -q --template= -b main
    cp -R "$EXAMPLE/." "$REPO"
    rm -rf "$REPO/changes"
    plain_git add -A
    plain_git commit -q -m "An order service"
    for patch in "$EXAMPLE"/changes/*.patch; do
        name=$(basename "$patch" .patch)
        plain_git checkout -q -b "change/$name" main
        plain_git apply --index "$patch"
        plain_git commit -q -m "$name"
    done
    plain_git checkout -q main
}

# The columns of one change, or of every change, without comments.
rows() {
    awk -F '\t' -v only="${1-}" '!/^#/ && NF && (only == "" || $1 == only)' "$EXPECTED"
}

run_gate() {
    rm -rf "${OUT:?}/$1"
    mkdir -p "$OUT/$1"
    (cd "$REPO" && "$MEMGATE" run --base main --head "change/$1" -o "$OUT/$1" "${PASS[@]}")
}

# First culprit of the regressions of a verdict.json: "function kind file:line". Those of the metric
# asked for come first. Every object of the file becomes a line, so that no JSON tool is needed.
blamed() {
    [ -s "$1" ] || return 0
    tr '\n' ' ' <"$1" | sed 's/[{}]/\n&/g' | awk -v metric="$2" '
        function value(key,    text) {
            if (!match($0, "\"" key "\" *: *(\"([^\"\\\\]|\\\\.)*\"|[0-9]+)"))
                return "-"
            text = substr($0, RSTART, RLENGTH)
            sub(/^"[a-z]+" *: */, "", text)
            gsub(/^"|"$/, "", text)
            return text
        }
        /"metric" *:/ && /"verdict" *:/ { regression = value("verdict") == "regression"; now = value("metric") }
        /"func" *:/ && /"delta" *:/ && regression {
            found = value("func") " " value("kind") " " value("file") ":" value("line")
            if (any == "") any = found
            if (now == metric && exact == "") exact = found
        }
        END { print exact != "" ? exact : any }'
}

meaning() {
    case $1 in
    0) echo "pass" ;;
    1) echo "blocked by a rule" ;;
    2) echo "usage or policy wrong" ;;
    3) echo "no verdict: it could not be measured" ;;
    4) echo "inconclusive" ;;
    *) echo "not an exit code of memgate" ;;
    esac
}

# Runs one row of the table. Sets ACTUAL, BLAMED, SECONDS_TAKEN; succeeds when all is as expected.
judge_row() {
    local name=$1 codes=$2 want="$3 $4 $5" metric=$6 start=$SECONDS
    ACTUAL=0
    run_gate "$name" || ACTUAL=$?
    SECONDS_TAKEN=$((SECONDS - start))
    BLAMED=$(blamed "$OUT/$name/verdict.json" "$metric")
    case "|$codes|" in
    *"|$ACTUAL|"*) ;;
    *) return 1 ;;
    esac
    [ "$want" = "- - -" ] || [ "$BLAMED" = "$want" ]
}

show_one() {
    local name codes func kind line metric row ok=0
    row=$(rows "$1")
    [ -n "$row" ] || die "no change named $1 (known: $(rows | cut -f1 | paste -sd ' '))"
    IFS=$'\t' read -r name codes func kind line metric _ <<<"$row"
    judge_row "$name" "$codes" "$func" "$kind" "$line" "$metric" || ok=1
    say "exit code $ACTUAL: $(meaning "$ACTUAL"); expected $codes"
    [ "$func" = - ] || say "blamed ${BLAMED:-nothing}; expected $func $kind $line"
    say "all files of this run: ${OUT#"$ROOT"/}/$name"
    return "$ok"
}

show_all() {
    local name codes func kind line metric ok wrong=0 format='%-16s %-8s %-6s %-4s %7s  %s\n'
    # shellcheck disable=SC2059
    printf "$format" change expected actual ok seconds "blamed function, kind, file:line"
    while IFS=$'\t' read -r name codes func kind line metric _ <&3; do
        [[ " ${SKIP[*]} " == *" $name "* ]] && continue
        ok=yes
        judge_row "$name" "$codes" "$func" "$kind" "$line" "$metric" >"$WORK/$name.log" 2>&1 || ok=NO
        # shellcheck disable=SC2059
        printf "$format" "$name" "$codes" "$ACTUAL" "$ok" "$SECONDS_TAKEN" "${BLAMED:--}"
        [ "$ok" = yes ] && continue
        wrong=1
        say "$name: expected $codes, $func $kind $line; the end of its output:"
        tail -n 20 "$WORK/$name.log" >&2
    done 3< <(rows)
    return "$wrong"
}

main() {
    local only=map-no-hint all=0 install=1 keep=0
    PASS=()
    SKIP=()
    while [ $# -gt 0 ]; do
        case $1 in
        --all) all=1 ;;
        --only) only=${2-} && shift ;;
        --skip) SKIP+=("${2-}") && shift ;;
        --quick) PASS+=(--quick) ;;
        --no-install) install=0 ;;
        --keep) keep=1 ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
        esac
        shift || die "--only and --skip need a name"
    done
    [ "$install" = 0 ] || "$ROOT/scripts/install.sh" --build-only
    find_memgate
    WORK=$(mktemp -d)
    REPO=$WORK/orders
    if [ "$keep" = 1 ]; then
        trap 'say "kept $WORK"' EXIT
    else
        trap 'rm -rf "$WORK"' EXIT
    fi
    make_repository
    if [ "$all" = 1 ]; then show_all; else show_one "$only"; fi
}

main "$@"
