#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

// Read by the signal handler: a range is valid while its length is not 0, and the length is written last. `taken` is
// claimed before anything else is written, since several threads may map at once.
enum { maximum_ranges = 1024 };
static struct {
    bool taken;
    uintptr_t address;
    size_t length;
} ranges[maximum_ranges];

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

static void on_bus_error(int number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    uintptr_t fault = (uintptr_t)info->si_addr;
    uintptr_t page = (uintptr_t)getpagesize();
    // Not positive: somebody's kill(), which carries no address.
    for (int i = 0; i < maximum_ranges && info->si_code > 0; i++) {
        size_t length = __atomic_load_n(&ranges[i].length, __ATOMIC_ACQUIRE);
        if (length == 0 || fault - ranges[i].address >= length)
            continue;
        void *start = (void *)(fault & ~(page - 1));
        if (mmap(start, page, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == start) {
            errno = saved;
            return;
        }
    }
    // Not ours: the default action, when the fault happens again or, for a kill(), when this handler returns.
    signal(number, SIG_DFL);
    if (info->si_code <= 0)
        raise(number);
}

int calmanac_guard_range(void *address, size_t length) {
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    for (int i = 0; i < maximum_ranges; i++) {
        if (__atomic_exchange_n(&ranges[i].taken, true, __ATOMIC_ACQ_REL))
            continue;
        ranges[i].address = (uintptr_t)address;
        __atomic_store_n(&ranges[i].length, length, __ATOMIC_RELEASE);
        return 0;
    }
    return -1;
}

void calmanac_unguard_range(void *address) {
    for (int i = 0; i < maximum_ranges; i++) {
        if (__atomic_load_n(&ranges[i].length, __ATOMIC_ACQUIRE) == 0 || ranges[i].address != (uintptr_t)address)
            continue;
        __atomic_store_n(&ranges[i].length, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&ranges[i].taken, false, __ATOMIC_RELEASE);
    }
}
