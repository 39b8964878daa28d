# SPDX-License-Identifier: BSD-3-Clause
# Stands between the go command and its tools (go build -toolexec): `link` becomes ours, every other tool runs as it is.
# Called as: sh toolexec.sh PYTHON TOOL ARGUMENTS...
#
# The go command asks each tool for its version with -V=full and keys its cache by the answer. What the linker answers
# therefore names ours too (PYGO_CROSS_LINK_ID), while the compiler's and assembler's answers stay stock Go's, so that
# their results are shared with stock builds.
python=$1
shift
case $1 in
*/link)
    if [ "$2" = -V=full ]; then
        version=$("$@") || exit
        printf '%s %s\n' "$version" "$PYGO_CROSS_LINK_ID"
        exit
    fi
    shift
    exec "$python" -P -m pygo_cross link "$@"
    ;;
esac
exec "$@"
