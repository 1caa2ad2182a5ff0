#include "CAlmanac.h"

#include <zlib.h>

size_t calmanac_compress_bound(size_t length) { return compressBound(length); }

size_t calmanac_compress(const void *bytes, size_t length, void *room, size_t capacity) {
    uLongf written = capacity;
    return compress2(room, &written, bytes, length, Z_BEST_SPEED) == Z_OK ? written : 0;
}

bool calmanac_uncompress(const void *bytes, size_t length, void *room, size_t expected) {
    uLongf written = expected;
    return uncompress(room, &written, bytes, length) == Z_OK && written == expected;
}

uint32_t calmanac_checksum(const void *bytes, size_t length) {
    return (uint32_t)adler32_z(adler32_z(0, NULL, 0), bytes, length);
}
