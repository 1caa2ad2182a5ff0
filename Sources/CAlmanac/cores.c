#define _GNU_SOURCE
#include "CAlmanac.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool calmanac_may_use_core(int core) {
    cpu_set_t allowed;
    if (core < 0 || core >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        return false;
    return CPU_ISSET(core, &allowed);
}

int calmanac_use_core(pid_t process, int core) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    return sched_setaffinity(process, sizeof only, &only);
}

int calmanac_claim_name(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length > sizeof address.sun_path - 1)
        return -1;
    // An abstract name: it begins with a zero byte and is no file.
    memcpy(address.sun_path + 1, name, length);
    int claim = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (claim < 0)
        return -1;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    if (bind(claim, (struct sockaddr *)&address, size) < 0) {
        close(claim);
        return -1;
    }
    return claim;
}
