#!/bin/sh
# PostgreSQL's archive_command: keep-wal.sh FROM NAME ARCHIVE [RESERVE_MB GAP_FILE]
#
# Keeps a file of write-ahead log in ARCHIVE/wal, compressed. It ends with 0 only once the file
# is whole on the archive's disk: written beside, flushed, renamed, its folder flushed. One that
# is there with other content is never overwritten. While it fails, PostgreSQL keeps the log and
# asks again; when that leaves less than RESERVE_MB free, the log is given up and noted down in
# GAP_FILE, so that reports are still taken: the archive has a gap then.
set -u
umask 077
from=$1 name=$2 archive=$3 reserve_mb=${4:-0} gap_file=${5:-}
to=$archive/wal/$name.gz
beside=$archive/wal/.$name.new

keep() {
    if [ ! -f "$archive/archive.json" ]; then
        echo "keep-wal: $archive is no archive of this cluster: is its disk there?" >&2
        return 1
    fi
    if [ -f "$to" ]; then
        gzip -dc "$to" | cmp -s - "$from" && return 0
        echo "keep-wal: $to is there already, with other content" >&2
        return 1
    fi
    gzip -1 -n -c "$from" > "$beside" && sync "$beside" && mv "$beside" "$to" \
        && sync "$archive/wal" && return 0
    rm -f "$beside"
    echo "keep-wal: $name could not be written to $archive/wal" >&2
    return 1
}

keep && exit 0
[ "$reserve_mb" -gt 0 ] || exit 1
free_mb=$(df -Pk "$from" | awk 'NR == 2 { print int($4 / 1024) }')
[ "${free_mb:-$reserve_mb}" -lt "$reserve_mb" ] || exit 1
echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $name" >> "$gap_file" || exit 1
echo "keep-wal: $free_mb MB free: $name is given up, the archive has a gap" >&2
exit 0
