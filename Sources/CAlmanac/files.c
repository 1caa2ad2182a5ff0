#include "CAlmanac.h"

#include <sys/file.h>

int calmanac_lock(int descriptor, bool exclusive) {
    return flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
}
