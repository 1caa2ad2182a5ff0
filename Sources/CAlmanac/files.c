#include "CAlmanac.h"

#include <sys/file.h>
#include <sys/xattr.h>

int calmanac_lock(int descriptor, bool exclusive) {
    return flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
}

ssize_t calmanac_attribute(const char *path, const char *name, void *buffer, size_t length) {
    return lgetxattr(path, name, buffer, length);
}
