#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int calmanac_sealed_memory(const char *name, size_t length) {
    int memory = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -1;
    if (ftruncate(memory, (off_t)length) == 0 &&
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return memory;
    int saved = errno;
    close(memory);
    errno = saved;
    return -1;
}

bool calmanac_contains(const void *bytes, size_t length, const void *sought, size_t sought_length) {
    return memmem(bytes, length, sought, sought_length) != NULL;
}
