# SPDX-License-Identifier: BSD-3-Clause
# Stands between the go command and its tools (go build -toolexec): `compile`, `asm` and `link` become ours, every other tool runs as it is.
# Called as: sh toolexec.sh PYTHON TOOL ARGUMENTS...
#
# The go command asks each tool for its version with -V=full and keys its cache by the answer. What a tool answers therefore names ours
# too (PYGO_CROSS_COMPILE_ID, PYGO_CROSS_ASM_ID, PYGO_CROSS_LINK_ID; without one, that tool is stock Go's, and shares results with
# stock builds).
python=$1
shift
case $1 in
*/asm) stage=asm id=$PYGO_CROSS_ASM_ID ;;
*/link) stage=link id=$PYGO_CROSS_LINK_ID ;;
*/compile) stage=compile id=$PYGO_CROSS_COMPILE_ID ;;
*) id= ;;
esac
[ -n "$id" ] || exec "$@"
if [ "$2" = -V=full ]; then
    version=$("$@") || exit
    printf '%s %s\n' "$version" "$id"
    exit
fi
if [ "$stage" = compile ] && [ -d "${0%/*}/../data/native" ]; then
    # What is nested deep takes the machine's stack where the compiler is machine code (pygo_cross/native.py).
    ulimit -S -s "$(ulimit -H -s)"
    exec "$python" -P -m pygo_cross.native "$@"
fi
[ "$stage" = compile ] && exec "$python" -P -m pygo_cross.build.toolexec "$@"
shift
[ "$stage" = link ] && exec "$python" -P -m pygo_cross link "$@"
# The first call for a package makes the objects of its other files too (pygo_cross/asm/ahead.py).
last=
for word in "$@"; do
    object=$last last=$word
done
if [ -f "$object.args" ]; then
    IFS= read -r made <"$object.args"
    [ "$made" = "$*" ] && [ -f "$object" ] && exit 0
fi
PYGO_CROSS_ASM_AHEAD=1 exec "$python" -P -S "${0%/*}/../cli/toolasm.py" "$@"
