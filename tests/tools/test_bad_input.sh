#!/usr/bin/env bash
# Hostile and broken input to inspect, check, convert, eval and train: a clear error or a listed finding, in bounded time
# and memory; inputs are never written, nothing outside of the target is touched.
set -euo pipefail
shopt -s nullglob
base=/tmp
[ -d /dev/shm ] && [ -w /dev/shm ] && base=/dev/shm # a hundred thousand files are made here
work=$(mktemp -d -p "$base")
trap 'chmod -R u+rwX "$work" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
images=$DETTOOL_SOURCE/tests/golden/images
fail() { echo "FAILED: $*"; exit 1; }
skipped() { echo "SKIPPED $*"; }

# Sanitizers need their terabytes of addresses.
limit='ulimit -v 1500000; '
bash -c "$limit exec '$DETTOOL_BIN' --version" >/dev/null 2>&1 || limit=

# expect CODE TEXT COMMAND...: exit code (0, 1, or "any" of the two) and a part of what is said, within 20 s
expect() {
    local code=$1 text=$2 rc=0
    shift 2
    bash -c "$limit"'exec timeout 20 "$0" "$@"' "$DETTOOL_BIN" "$@" >"$work/out.txt" 2>"$work/err.txt" </dev/null || rc=$?
    [ "$rc" -eq 0 ] || [ "$rc" -eq 1 ] || { head -c 2000 "$work/err.txt"; fail "exit $rc: $*"; }
    [ "$code" = any ] || [ "$rc" -eq "$code" ] || { head -c 2000 "$work/err.txt"; fail "exit $rc instead of $code: $*"; }
    grep -aqF -- "$text" "$work/err.txt" "$work/out.txt" ||
        { head -c 2000 "$work/err.txt"; head -c 1000 "$work/out.txt"; fail "no '$text': $*"; }
}

# State of a tree: types, sizes, times, link targets and contents
state() {
    local tree=$1
    [ -d "$tree" ] || tree=$(dirname "$tree")
    (cd "$tree" && find . -printf '%p|%y|%s|%T@|%m|%l\n' | sort && find . -type f -readable -print0 | sort -z | xargs -0r sha256sum)
}

# broken SRC FORMAT RULE: inspect lists it, check fails, convert names it and goes on; SRC stays as it is
broken() {
    local src=$1 format=$2 rule=$3 to=coco
    [ "$format" = coco ] && to=yolo
    state "$src" >"$work/before"
    expect 0 "$rule" inspect "$src"
    expect 1 "$rule" check "$src"
    rm -rf "$work/target"
    expect 0 "[$rule" convert "${format}2$to" "$src" "$work/target"
    state "$src" >"$work/after"
    cmp -s "$work/before" "$work/after" || { diff "$work/before" "$work/after" | head -n 5; fail "$src was changed"; }
}

# refused SRC FORMAT TEXT: an error of every command, and no target
refused() {
    local src=$1 format=$2 text=$3 to=coco
    [ "$format" = coco ] && to=yolo
    expect 1 "$text" inspect "$src"
    rm -rf "$work/target"
    expect 1 "$text" convert "${format}2$to" "$src" "$work/target"
    [ ! -e "$work/target" ] || fail "a target after an error: $src"
}

lines() { { yes "$1" || true; } 2>/dev/null | head -n "$2"; } # TEXT COUNT
rep() { head -c "$2" /dev/zero | tr '\0' "$1"; }
rep x 10000000 >big

# ---- VOC ----
object='<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>'
voc() { # the XML comes from standard input; b.xml is good
    rm -rf voc && mkdir -p voc/Annotations voc/JPEGImages
    cp "$images/exif1.jpg" voc/JPEGImages/a.jpg
    cp "$images/exif2.jpg" voc/JPEGImages/b.jpg
    echo "<annotation>$object</annotation>" >voc/Annotations/b.xml
    cat >voc/Annotations/a.xml
}
echo secret >secret.txt
echo "<!DOCTYPE a [<!ENTITY x SYSTEM \"file://$work/secret.txt\">]><annotation><object><name>&x;</name></object></annotation>" | voc
broken voc voc xml-malformed
grep -q secret target/conversion.json && ! grep -q secret.txt target/conversion.json && fail "an external entity was read"
{
    printf '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaa">'
    p=a
    for e in b c d e f g h i j; do
        printf '<!ENTITY %s "&%s;&%s;&%s;&%s;&%s;&%s;&%s;&%s;">' $e $p $p $p $p $p $p $p $p
        p=$e
    done
    printf ']><annotation><object><name>&j;</name></object></annotation>'
} | voc
broken voc voc xml-malformed
{ printf '<annotation x="'; cat big; printf '">%s</annotation>' "$object"; } | voc
broken voc voc xml-malformed
{ printf '<annotation><object><name>'; cat big; printf '</name></object></annotation>'; } | voc
broken voc voc object-incomplete
for around in '<owner> </owner>' '<!-- -->' '<![CDATA[ ]]>' '<filename> </filename>'; do
    { printf '<annotation>%s' "${around% *}"; cat big; printf '%s%s</annotation>' "${around#* }" "$object"; } | voc
    expect any 'VOC, 2 images' inspect voc
done
{ printf '<annotation>'; rep . 10000 | sed 's/\./<a>/g'; } | voc
broken voc voc xml-malformed
for value in nan inf 1e999 '' ' ' 0x10 1,5; do
    echo "<annotation>${object/<xmin>1</<xmin>$value<}</annotation>" | voc
    broken voc voc label-number
done
for value in -1e18 2147483648 1e18 1e308; do
    echo "<annotation><size><width>$value</width><height>-3</height></size>${object/<xmax>9</<xmax>$value<}</annotation>" | voc
    case $value in -*) rule=box-inverted ;; *) rule=box-outside ;; esac
    expect any "$rule" check voc
done
for name in ../secret.jpg /etc/passwd a/../../x.jpg; do
    echo "<annotation><filename>$name</filename>$object</annotation>" | voc
    mv voc/JPEGImages/a.jpg voc/JPEGImages/other.jpg
    broken voc voc image-missing
    expect any filename-unsafe check voc
done
: | voc
broken voc voc xml-malformed
rep '\0' 100000 | voc
broken voc voc xml-malformed
echo "<annotation>$object</annotation>" | voc
mkdir -p voc/ImageSets/Main
printf '../../../secret\n/etc/passwd\na\n' >voc/ImageSets/Main/train.txt
expect any filename-unsafe check voc

# ---- COCO ----
coco() { # key and value to be replaced in a good file
    rm -rf coco && mkdir coco && cp "$images/exif1.jpg" coco/a.jpg
    local text='{"images":[{"id":1,"file_name":"a.jpg","width":16,"height":12}],"categories":[{"id":1,"name":"cat"}],
"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"area":12,"iscrowd":0,"segmentation":[]}]}'
    [ $# -eq 0 ] || text=${text/"$1"/"$2"}
    printf '%s' "$text" >coco/instances_train.json
}
file=coco/instances_train.json
for v in NaN Infinity -Infinity 1e999; do
    coco '"area":12' "\"area\":$v"
    refused $file coco 'line 2, byte '
done
for v in 2147483648 1e18 -1 1e300 '"16"'; do
    coco '"width":16' "\"width\":$v"
    refused $file coco 'line 1, byte '
done
coco '[1,2,3,4]' '[1e18,2e9,-5,1e308]'
broken $file coco box-empty
coco '[1,2,3,4]' '[-1e18,-1e18,2e18,2e18]'
expect 0 box-outside convert coco2yolo $file target0
coco '"width":16' '"width":2147483647'
expect any size-mismatch check $file
for name in ../secret.jpg /etc/passwd a/../../x.jpg .. a.jpg/ ''; do
    coco '"a.jpg"' "\"$name\""
    expect any '' inspect $file
    grep -q 'filename-unsafe\|image-missing' out.txt || fail "file_name '$name' is not listed"
    rm -rf target
    expect 0 '' convert coco2voc $file target --images none
    [ -z "$(find target -name 'secret*' -o -name 'passwd*')" ] || fail "file_name '$name' became a file"
done
coco
{ printf '{"x":'; rep '[' 10000; } >$file
refused $file coco 'nested deeper than'
{ printf '{"images":'; rep '[' 10000; } >$file
refused $file coco 'byte 11'
coco '"iscrowd":0' '"iscrowd":0,"note":"LONG"'
sed -i 's/LONG.*//' $file
{ cat big; printf '"}]}'; } >>$file
sed -n 1p $file | grep -q a.jpg
expect any 'COCO' inspect $file # a string that nobody wants
{ printf '{"images":[{"id":1,"file_name":"'; cat big; printf '"}],"categories":[],"annotations":[]}'; } >$file
expect any 'COCO' inspect $file
expect 1 'were not found' convert coco2yolo $file target1
coco '"area":12' '"area":LONG'
{ sed 's/LONG.*//' $file; rep 1 10000000; } >x && mv x $file
refused $file coco 'line 2, byte '
: >$file
refused $file coco 'truncated'
rep '\0' 100000 >$file
refused $file coco 'a NUL byte'

# ---- YOLO and Darknet ----
yolo() { # one picture and its label from standard input
    rm -rf yolo && mkdir -p yolo/images/train yolo/labels/train yolo/obj_train_data
    cp "$images/exif1.jpg" yolo/images/train/a.jpg
    cp "$images/exif2.jpg" yolo/images/train/b.jpg
    echo '0 .5 .5 .5 .5' >yolo/labels/train/b.txt
    printf 'train: images/train\nnames: [cat]\n' >yolo/data.yaml
    cat >yolo/labels/train/a.txt
}
{ printf '0 .5 .5 .5 .5 '; cat big; } | yolo
broken yolo yolo label-number
{ printf '0'; lines ' 0.5' 2000000 | tr -d '\n'; } | yolo
broken yolo yolo box-empty
rep '\0' 1000000 | yolo
broken yolo yolo label-number
for v in nan inf -inf 1e999; do
    echo "0 .5 $v .5 .5" | yolo
    broken yolo yolo label-number
done
for row in '0 1e18 .5 .5 .5' '0 .5 .5 -2147483648 .5' '1e18 .5 .5 .5 .5' '-1 .5 .5 .5 .5' '2147483648 .5 .5 .5 .5'; do
    echo "$row" | yolo
    broken yolo yolo ''
done
echo '0 .5 .5 .5 .5' | yolo
for yaml in "names: $(rep '[' 5000)" "names: $(rep '{' 5000)" "x: [$(rep . 2000 | sed 's/\./\&a x,/g')]"; do
    printf '%s' "$yaml" >yolo/data.yaml
    refused yolo yolo 'data.yaml:1: '
done
{ printf 'train: images/train\nnames: ["'; cat big; printf '"]\n'; } >yolo/data.yaml
refused yolo yolo 'at most'
{ printf 'train: images/train\nnames: ["'; rep x 4000000; printf '"]\n'; } >yolo/data.yaml
expect any 'YOLO, 2 images' inspect yolo
for entry in ../../../../../../etc /etc/passwd nowhere "$work/voc/../nowhere"; do
    printf 'train: %s\nnames: [cat]\n' "$entry" >yolo/data.yaml
    rm -rf target
    expect any '' convert yolo2coco yolo target
done
printf 'train: list.txt\nnames: [cat]\n' >yolo/data.yaml
printf '/etc/passwd\n../../../etc/shadow\n/dev/zero\nimages/train/a.jpg\n\1\2\xff.jpg\n' >yolo/list.txt
broken yolo yolo image-missing
printf 'train = list.txt\nnames = /dev/zero\n' >yolo/obj.data
refused yolo/obj.data yolo 'not a regular file'
printf 'train = list.txt\nclasses = 999999999999\n' >yolo/obj.data
refused yolo/obj.data yolo 'obj.data:2: '

# ---- a folder, a pipe, a device, a loop or nothing in place of a file ----
swap() { # FILE KIND
    rm -rf "$1"
    case $2 in
    pipe) mkfifo "$1" ;; folder) mkdir "$1" ;; loop) ln -s "$(basename "$1")" "$1" ;; device) ln -s /dev/zero "$1" ;;
    dangling) ln -s nowhere "$1" ;;
    esac
}
for kind in pipe folder loop device dangling; do
    echo '0 .5 .5 .5 .5' | yolo
    swap yolo/images/train/a.jpg $kind
    broken yolo yolo image-
    echo '0 .5 .5 .5 .5' | yolo
    swap yolo/labels/train/a.txt $kind
    [ $kind = dangling ] || broken yolo yolo label-unreadable
    echo '0 .5 .5 .5 .5' | yolo
    swap yolo/data.yaml $kind
    expect 1 data inspect yolo
    expect 1 data convert yolo2coco yolo target2
    expect 1 data train --data yolo/data.yaml --out run
    rm -rf yolo/data.yaml
    printf 'train = list.txt\nnames = obj.names\n' >yolo/obj.data
    echo images/train/a.jpg >yolo/list.txt
    swap yolo/obj.names $kind
    refused yolo/obj.data yolo obj.names
    rm -rf yolo/obj.names && echo cat >yolo/obj.names
    swap yolo/list.txt $kind
    if [ $kind = folder ]; then broken yolo/obj.data yolo split-empty; else refused yolo/obj.data yolo list.txt; fi
    echo "<annotation>$object</annotation>" | voc
    swap voc/Annotations/a.xml $kind
    broken voc voc label-
    echo "<annotation>$object</annotation>" | voc
    swap voc/JPEGImages/a.jpg $kind
    broken voc voc image-
    coco
    swap $file $kind
    expect 1 instances_train.json inspect $file
    expect 1 instances_train.json convert coco2yolo $file target3
    expect 1 instances_train.json eval --gt $file --dt $file
    coco
    swap coco/a.jpg $kind
    [ $kind = folder ] || expect any image- check $file
done
for e in target2 target3 run; do [ ! -e $e ] || fail "$e is there after an error"; done

# Folders that lead back to themselves
echo '0 .5 .5 .5 .5' | yolo
ln -s . yolo/images/train/self
ln -s ../.. yolo/images/train/up
ln -s loop yolo/images/loop
for i in $(seq 12); do # every folder leads to all others: 12! ways
    mkdir -p yolo/images/train/d$i
    for k in $(seq 12); do ln -s ../d$k yolo/images/train/d$i/l$k; done
done
expect 0 'YOLO, 2 images' inspect yolo
echo "<annotation>$object</annotation>" | voc
mkdir kit && mv voc kit/VOC2007
ln -s . kit/again
ln -s ../kit kit/VOC2007/kit
ln -s loop kit/loop
expect any 'VOC' inspect kit

# ---- names ----
rm -rf names && mkdir -p names/images/train names/labels/train names-voc/Annotations names-voc/JPEGImages
i=100
for name in 'a b' ' lead' 'trail ' '%s%n' '#x' '$(touch x)' $'new\nline' $'tab\t' $'bytes\xff\xfe' 'ü' "quote'\"" '-rf' '*?[' 'a.b.c' \
    "$(rep n 240)"; do
    cp "$images/exif1.jpg" "names/images/train/$name.jpg"
    echo "0 .5 .5 .$((i += 1)) .5" >"names/labels/train/$name.txt"
    cp "$images/exif1.jpg" "names-voc/JPEGImages/$name.jpg"
    echo "<annotation>${object/>9</>$i<}</annotation>" >"names-voc/Annotations/$name.xml"
done
printf 'train: images/train\nnames: [cat]\n' >names/data.yaml
state names >before
for to in coco voc; do
    rm -rf target
    expect 0 '15 images' convert yolo2$to names target --images copy
    rm -rf back
    expect 0 '15 images' convert ${to}2yolo target back --images copy
    [ "$(find back/labels -name '*.txt' -printf . | wc -c)" -eq 15 ] || fail "names: labels are lost by $to"
    [ "$(cat back/labels/*/*.txt | sort | uniq | wc -l)" -eq 15 ] || fail "names: rows are lost by $to"
done
rm -rf target
expect 0 '15 images' convert yolo2yolo names target --layout darknet
expect 0 '30 images (0 without' inspect target # train and valid are one list
state names >after
cmp -s before after || fail "names was changed"
for to in coco yolo; do
    rm -rf target
    expect 0 '15 images (0 without' convert voc2$to names-voc target --images copy
    [ "$(find target/images -type f -printf . | wc -c)" -eq 15 ] || fail "names: pictures are lost by $to"
    expect 0 'files removed, 0 changed ones kept, 0 were gone' convert --undo target
    [ ! -e target ] || fail "undo leaves odd names: $(find target | head -n 3)"
done
[ ! -e x ] || fail "a name was run"

# ---- no rights, no room, a target in use ----
echo "<annotation>$object</annotation>" | voc
chmod 755 "$work" && chmod -R a+rX voc
as_nobody=()
if [ "$(id -u)" -eq 0 ]; then
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    command -v setpriv >/dev/null && "${as_nobody[@]}" "$DETTOOL_BIN" --version >/dev/null 2>&1 || as_nobody=(false)
fi
if [ "${as_nobody[0]:-}" = false ]; then
    skipped "unreadable files and folders: no other user can be taken on here"
else
    nobody() { # CODE TEXT COMMAND...
        local code=$1 text=$2 rc=0
        shift 2
        "${as_nobody[@]}" "$DETTOOL_BIN" "$@" >out.txt 2>err.txt || rc=$?
        [ "$rc" -eq "$code" ] || { cat err.txt; fail "exit $rc instead of $code as nobody: $*"; }
        grep -qF -- "$text" out.txt err.txt || { cat err.txt out.txt; fail "no '$text' as nobody: $*"; }
    }
    mkdir -m 777 free && mkdir -m 555 closed
    chmod 000 voc/Annotations/a.xml
    nobody 1 label-unreadable check voc
    nobody 0 '[label-unreadable]' convert voc2yolo voc free/a
    chmod 644 voc/Annotations/a.xml && chmod 000 voc/JPEGImages/a.jpg
    nobody 1 image-unreadable check voc
    nobody 0 '[image-unreadable]' convert voc2yolo voc free/b
    chmod 644 voc/JPEGImages/a.jpg && chmod 000 voc/Annotations
    nobody 1 voc convert voc2yolo voc free/c
    chmod 755 voc/Annotations
    [ ! -e free/c ] || fail "free/c is there after an error"
    nobody 1 closed convert voc2yolo voc closed/out
    [ -z "$(ls -A closed)" ] || fail "something is in a closed folder"
    chmod 000 free/a/data.yaml 2>/dev/null || true
fi
state voc >before
for n in 0 1; do # blocks of 1024 bytes that a file may have
    rc=0
    (ulimit -f $n; exec "$DETTOOL_BIN" convert voc2coco voc full/deep --images copy) >out.txt 2>err.txt || rc=$?
    [ "$rc" -eq 1 ] || { cat err.txt; fail "exit $rc with a limit of $n blocks"; }
    [ -z "$(find full -mindepth 1 2>/dev/null)" ] || { find full; fail "half a target is left without room"; }
done
mkdir disk
if mount -t tmpfs -o size=4k none disk 2>/dev/null; then
    rc=0
    "$DETTOOL_BIN" convert voc2coco voc disk/out --images copy >out.txt 2>err.txt || rc=$?
    rest=$(ls -A disk)
    umount disk
    [ "$rc" -eq 1 ] && grep -q 'disk/' err.txt || { cat err.txt; fail "exit $rc on a full disk"; }
    [ -z "$rest" ] || fail "on the full disk is left: $rest"
else
    skipped "a full disk: no file system can be mounted here"
fi
mkdir used && echo mine >used/mine.txt
expect 1 'mine.txt' convert voc2yolo voc used
[ "$(ls -A used)" = mine.txt ] || fail "a target in use was touched"
expect 1 'voc' convert voc2yolo voc voc
expect 1 '' convert voc2yolo voc voc/Annotations/a.xml
ln -s nowhere dangling
expect any '' convert voc2yolo voc dangling
state voc >after
cmp -s before after || fail "voc was changed"

# ---- a hundred thousand files in a folder ----
pixel=$images/one_pixel.png
mkdir -p many/images many/labels
for _ in $(seq 1000); do cat "$pixel"; done >block
for _ in $(seq 100); do cat block; done | split -b "$(stat -c %s "$pixel")" -a 6 -d --additional-suffix=.png - many/images/
lines '0 .5 .5 .5 .5' 1000 | split -l 1 -a 6 -d --additional-suffix=.txt - many/labels/
printf 'train: images\nnames: [cat]\n' >many/data.yaml
[ -z "$limit" ] || limit='ulimit -v 600000; '
expect any '100000 images (99000 without objects)' inspect many
rm -rf many

# ---- nothing but the target is opened for writing ----
if command -v strace >/dev/null && [ -n "$limit" ] && strace -f -o trace.txt true 2>/dev/null; then
    echo '0 .5 .5 .5 .5' | yolo
    coco
    calls=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir
    calls=$calls,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchownat,utimensat,mknod,mknodat
    traced() { # COMMAND...: paths that were written, the target and what stands in for it until it is whole left out
        strace -f -qq -y -e trace=$calls -o trace.txt "$DETTOOL_BIN" "$@" >/dev/null 2>&1 || true
        [ -s trace.txt ] || fail "strace saw nothing"
        grep -v ' = -1 \|resumed>\|+++\|---' trace.txt | grep -v 'open[a-z]*(.*O_RDONLY' |
            grep -v "\"\(/dev/null\|/proc/self/[a-z_]*\)\"" | grep -v 'traced[./">]' || true
    }
    [ -n "$(traced convert voc2yolo voc elsewhere)" ] || fail "strace does not see what convert writes"
    for c in "inspect yolo" "inspect voc" "inspect $file" "check yolo" "eval --gt $file --dt $file" \
        "convert voc2yolo voc traced" "convert coco2voc $file traced --images copy" "convert yolo2coco yolo traced" \
        "convert --undo traced" "convert yolo2yolo yolo traced --layout darknet"; do
        [ "${c#* --undo}" != "$c" ] || rm -rf traced
        written=$(traced $c)
        [ -z "$written" ] || fail "$c writes outside of its target: $(head -n 3 <<<"$written")"
    done
else
    skipped "the trace of what is opened for writing: no strace here, or a sanitizer"
fi
echo passed
